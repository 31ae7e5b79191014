-- Average of the winning bids of each category.
CREATE TABLE answer (id BIGINT, final BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH (${sink});
INSERT INTO answer
SELECT q.category, AVG(q.final)
FROM (
  SELECT MAX(b.price) AS final, a.category
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  GROUP BY a.id, a.category
) AS q
GROUP BY q.category;
