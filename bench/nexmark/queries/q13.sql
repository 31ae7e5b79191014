-- Bids with a value from a side table that is read once from a file: a lookup by processing time.
CREATE TABLE side_input (key BIGINT, `value` STRING) WITH (${side});
CREATE TABLE answer (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), `value` STRING) WITH (${sink});
INSERT INTO answer
SELECT b.auction, b.bidder, b.price, b.`dateTime`, s.`value`
FROM (SELECT *, PROCTIME() AS p_time FROM bid) AS b
JOIN side_input FOR SYSTEM_TIME AS OF b.p_time AS s ON MOD(b.auction, 10000) = s.key;
