-- Who sells in some states in a category: a join that keeps both sides.
CREATE TABLE answer (name STRING, city STRING, state STRING, id BIGINT) WITH (${sink});
INSERT INTO answer
SELECT p.name, p.city, p.state, a.id
FROM auction AS a INNER JOIN person AS p ON a.seller = p.id
WHERE a.category = 10 AND (p.state = 'OR' OR p.state = 'ID' OR p.state = 'CA');
