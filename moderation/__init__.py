"""Reports, moderators' actions with an audit log, and automatic moderation."""
