-- Fills a database with history of the published size. Parameters, as psycopg placeholders:
-- people, trees (all), active (trees people work on), reviews (of the history).
-- A tree of k messages is the first k rows of `shape`: the prompt, three answers, and two branches that go on.

CREATE TEMP TABLE shape (k int, parent int, depth int, role text) ON COMMIT DROP;
INSERT INTO shape VALUES
    (0, NULL, 0, 'prompter'), (1, 0, 1, 'assistant'), (2, 0, 1, 'assistant'), (3, 0, 1, 'assistant'),
    (4, 1, 2, 'prompter'), (5, 4, 3, 'assistant'), (6, 4, 3, 'assistant'), (7, 4, 3, 'assistant'),
    (8, 2, 2, 'prompter'), (9, 8, 3, 'assistant'), (10, 8, 3, 'assistant'), (11, 8, 3, 'assistant');

CREATE TEMP TABLE person ON COMMIT DROP AS
    SELECT n, gen_random_uuid() AS id FROM generate_series(0, %(people)s - 1) AS n;
ALTER TABLE person ADD PRIMARY KEY (n);
INSERT INTO accounts_user (id, password, email, display_name, role, status, lang, notes, show_on_leaderboard,
                           auth_method, username, created_at, terms_accepted_at, terms_version, streak_days)
    SELECT id, '!', 'bench' || n || '@example.org', 'Person ' || n, 'general', 'active', 'en', '', true, 'local', '',
           now() - interval '1 year', now() - interval '1 year', %(terms)s, 0
    FROM person;

-- Of the first `active` trees three in four grow, their newest message under review, and one in four is ranked; 
-- of the others, one in six is finished with nine or ten messages, the rest are prompts.
CREATE TEMP TABLE plan ON COMMIT DROP AS
    SELECT n, gen_random_uuid() AS id, now() - (%(trees)s - n) * interval '5 minutes' AS at,
           CASE WHEN n < %(active)s AND n %% 4 = 3 THEN 'ranking' WHEN n < %(active)s THEN 'growing' WHEN n %% 6 = 0 THEN 'ready_for_export'
                WHEN n %% 6 < 5 THEN 'prompt_lottery_waiting' ELSE 'aborted_low_grade' END AS state,
           CASE WHEN n < %(active)s AND n %% 4 = 3 THEN 12 WHEN n < %(active)s THEN 3 + n %% 8 WHEN n %% 6 = 0 THEN 9 + n %% 2 ELSE 1 END AS size
    FROM generate_series(0, %(trees)s - 1) AS n;
INSERT INTO tasks_tree (id, lang, state, state_since, created_at, origin, goal_tree_size, max_depth, max_children_count,
                        rules_id, won_prompt_lottery_at, finished_at, checked_rules, points_due, end_due)
    SELECT id, 'en', state, at, at, '', 12, 3, 3, 1, CASE WHEN size > 1 THEN at END,
           CASE WHEN state = 'ready_for_export' THEN at END, 2, false, false
    FROM plan;

CREATE TEMP TABLE node ON COMMIT DROP AS
    SELECT plan.n, shape.*, plan.id AS tree_id, plan.at, plan.state,
           CASE WHEN k = 0 THEN plan.id ELSE gen_random_uuid() END AS id, gen_random_uuid() AS task_id,
           (plan.n * 7919 + k * 131) %% %(people)s AS author
    FROM plan JOIN shape ON shape.k < plan.size;
CREATE INDEX ON node (tree_id, k);

CREATE TEMP TABLE written ON COMMIT DROP AS
    SELECT node.id, node.tree_id, above.id AS parent_id, person.id AS author_id, node.task_id, node.role, node.depth,
           node.at + node.k * interval '1 hour' AS at, node.n, node.k, node.state, node.author,
           node.state = 'growing' AND node.k = max(node.k) OVER (PARTITION BY node.tree_id) AS undecided
    FROM node JOIN person ON person.n = node.author
    LEFT JOIN node AS above ON above.tree_id = node.tree_id AND above.k = node.parent;

SET CONSTRAINTS ALL DEFERRED;
INSERT INTO tasks_task (id, kind, lang, state, tree_id, message_id, author_id, to_go, dice, claimed_by_id, claimed_at,
                        mode, created_at, done_at)
    SELECT task_id, CASE WHEN parent_id IS NULL THEN 'initial_prompt' ELSE role || '_reply' END, 'en', 'done',
           CASE WHEN parent_id IS NOT NULL THEN tree_id END, parent_id, NULL, 0, 0, author_id, at, 'full', at, at
    FROM written;
INSERT INTO tasks_message (id, tree_id, parent_id, author_id, task_id, role, text, lang, depth, created_at, deleted, edited,
                           synthetic, model_name, review_count, review_result, review_rules_id, decided_after, ranking_count)
    SELECT id, tree_id, parent_id, author_id, task_id, role,
           repeat('A line of text as long as people write them. ', 3 + n %% 9) || n || '/' || k, 'en', depth, at, false, false,
           false, '', CASE WHEN undecided THEN 1 ELSE 3 END, CASE WHEN NOT undecided THEN state <> 'aborted_low_grade' END,
           CASE WHEN NOT undecided THEN 1 END, CASE WHEN NOT undecided THEN 3 END, 0
    FROM written;

CREATE INDEX ON written (parent_id);
ANALYZE written;

CREATE TEMP TABLE review ON COMMIT DROP AS
    SELECT written.id AS message_id, written.tree_id, written.author_id, written.role, written.depth, written.at,
           written.state, r, gen_random_uuid() AS id, gen_random_uuid() AS task_id, person.id AS reviewer_id
    FROM written JOIN generate_series(1, 3) AS r ON r = 1 OR NOT written.undecided
    JOIN person ON person.n = (written.author + r * 17) %% %(people)s;
INSERT INTO tasks_task (id, kind, lang, state, tree_id, message_id, author_id, to_go, dice, claimed_by_id, claimed_at,
                        mode, created_at, done_at)
    SELECT task_id, CASE WHEN depth = 0 THEN 'label_initial_prompt' ELSE 'label_' || role || '_reply' END, 'en', 'done',
           tree_id, message_id, author_id, 0, 0, reviewer_id, at, 'full', at, at
    FROM review;
-- Now and then the second of three reviewers errs, which changes no verdict.
INSERT INTO tasks_review (id, task_id, message_id, reviewer_id, labels, mode, number, created_at)
    SELECT id, task_id, message_id, reviewer_id,
           jsonb_build_object('spam', ((state = 'aborted_low_grade') <> (r = 2 AND random() < 0.15))::int,
                              'lang_mismatch', 0, 'quality', floor(random() * 5) / 4),
           'full', r, at
    FROM review;

-- Three rankings of every set of three answers in a finished tree.
CREATE TEMP TABLE ranking ON COMMIT DROP AS
    SELECT above.id AS parent_id, above.tree_id, above.author_id, above.at + interval '1 day' * r AS at,
           gen_random_uuid() AS id, gen_random_uuid() AS task_id, person.id AS ranker_id,
           (SELECT jsonb_agg(jsonb_build_array(answer.id) ORDER BY answer.k + random() * 3)
            FROM written AS answer WHERE answer.parent_id = above.id) AS in_order,
           (SELECT jsonb_agg(answer.id ORDER BY answer.k) FROM written AS answer WHERE answer.parent_id = above.id) AS shown
    FROM written AS above JOIN generate_series(1, 3) AS r ON true
    JOIN person ON person.n = (above.author + r * 31) %% %(people)s
    WHERE above.state = 'ready_for_export'
      AND (SELECT count(*) FROM written AS answer WHERE answer.parent_id = above.id AND answer.role = 'assistant') = 3;
INSERT INTO tasks_task (id, kind, lang, state, tree_id, message_id, author_id, to_go, dice, claimed_by_id, claimed_at,
                        mode, created_at, done_at)
    SELECT task_id, 'rank_assistant_replies', 'en', 'done', tree_id, parent_id, author_id, 0, 0, ranker_id, at, 'full', at, at
    FROM ranking;
INSERT INTO tasks_ranking (id, task_id, parent_id, ranker_id, "order", shown, not_rankable, created_at)
    SELECT id, task_id, parent_id, ranker_id, in_order, shown, false, at FROM ranking;
UPDATE tasks_message SET ranking_count = 3 WHERE parent_id IN (SELECT parent_id FROM ranking);
