-- Bids of each person in windows of processing time. not-compared
CREATE TABLE answer (bidder BIGINT, bid_count BIGINT, starttime TIMESTAMP(3), endtime TIMESTAMP(3)) WITH (${sink});
CREATE VIEW now_bid AS SELECT *, PROCTIME() AS p_time FROM bid;
INSERT INTO answer
SELECT bidder, COUNT(*), window_start, window_end
FROM TABLE(TUMBLE(TABLE now_bid, DESCRIPTOR(p_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;
