"""Version 2: for new clients. People call in their own name; resources, problem details, cursors."""
