/** The Nexmark tables and queries in the Flink dialect, as input for the parser's tests. q6 has no streaming form in Flink. */

export const NEXMARK_TABLES = `
CREATE TABLE nexmark_source (
  event_type INT,
  person ROW<id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
             \`dateTime\` TIMESTAMP(3), extra VARCHAR>,
  auction ROW<id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT,
              \`dateTime\` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra VARCHAR>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, \`dateTime\` TIMESTAMP(3),
          extra VARCHAR>,
  \`dateTime\` AS CASE WHEN event_type = 0 THEN person.\`dateTime\`
                       WHEN event_type = 1 THEN auction.\`dateTime\`
                       ELSE bid.\`dateTime\` END,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'first-event.rate' = '10000', 'events.num' = '1000000');

CREATE VIEW person AS
SELECT person.id, person.name, person.emailAddress, person.creditCard, person.city, person.state, \`dateTime\`, person.extra
FROM nexmark_source WHERE event_type = 0;

CREATE VIEW auction AS
SELECT auction.id, auction.itemName, auction.description, auction.initialBid, auction.reserve, \`dateTime\`,
       auction.expires, auction.seller, auction.category, auction.extra
FROM nexmark_source WHERE event_type = 1;

CREATE VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, \`dateTime\`, bid.extra
FROM nexmark_source WHERE event_type = 2;
`;

export const NEXMARK_QUERIES: Readonly<Record<string, string>> = {
  q0: 'INSERT INTO q0 SELECT auction, bidder, price, `dateTime`, extra FROM bid;',

  q1: 'INSERT INTO q1 SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra FROM bid;',

  q2: 'INSERT INTO q2 SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;',

  q3: `INSERT INTO q3
    SELECT p.name, p.city, p.state, a.id
    FROM auction AS a INNER JOIN person AS p ON a.seller = p.id
    WHERE a.category = 10 AND (p.state = 'OR' OR p.state = 'ID' OR p.state = 'CA');`,

  q4: `INSERT INTO q4
    SELECT q.category, AVG(q.final)
    FROM (
      SELECT MAX(b.price) AS final, a.category
      FROM auction a, bid b
      WHERE a.id = b.auction AND b.\`dateTime\` BETWEEN a.\`dateTime\` AND a.expires
      GROUP BY a.id, a.category
    ) q
    GROUP BY q.category;`,

  q5: `INSERT INTO q5
    SELECT bids.auction, bids.num
    FROM (
      SELECT auction, COUNT(*) AS num, window_start AS starttime, window_end AS endtime
      FROM TABLE(HOP(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
      GROUP BY auction, window_start, window_end
    ) AS bids
    JOIN (
      SELECT MAX(counts.num) AS maxn, counts.starttime, counts.endtime
      FROM (
        SELECT COUNT(*) AS num, window_start AS starttime, window_end AS endtime
        FROM TABLE(HOP(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
        GROUP BY auction, window_start, window_end
      ) AS counts
      GROUP BY counts.starttime, counts.endtime
    ) AS most
    ON bids.starttime = most.starttime AND bids.endtime = most.endtime AND bids.num >= most.maxn;`,

  q7: `INSERT INTO q7
    SELECT b.auction, b.price, b.bidder, b.\`dateTime\`, b.extra
    FROM bid b
    JOIN (
      SELECT MAX(price) AS maxprice, window_end AS \`dateTime\`
      FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end
    ) m
    ON b.price = m.maxprice
    WHERE b.\`dateTime\` BETWEEN m.\`dateTime\` - INTERVAL '10' SECOND AND m.\`dateTime\`;`,

  q8: `INSERT INTO q8
    SELECT p.id, p.name, p.starttime
    FROM (
      SELECT id, name, window_start AS starttime, window_end AS endtime
      FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
      GROUP BY id, name, window_start, window_end
    ) p
    JOIN (
      SELECT seller, window_start AS starttime, window_end AS endtime
      FROM TABLE(TUMBLE(TABLE auction, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
      GROUP BY seller, window_start, window_end
    ) a
    ON p.id = a.seller AND p.starttime = a.starttime AND p.endtime = a.endtime;`,

  q9: `INSERT INTO q9
    SELECT id, itemName, description, initialBid, reserve, \`dateTime\`, expires, seller, category, extra,
           auction, bidder, price, bid_dateTime, bid_extra
    FROM (
      SELECT a.*, b.auction, b.bidder, b.price, b.\`dateTime\` AS bid_dateTime, b.extra AS bid_extra,
             ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.\`dateTime\` ASC) AS rownum
      FROM auction a, bid b
      WHERE a.id = b.auction AND b.\`dateTime\` BETWEEN a.\`dateTime\` AND a.expires
    )
    WHERE rownum <= 1;`,

  q10: `CREATE TABLE q10 (auction BIGINT, bidder BIGINT, price BIGINT, \`dateTime\` TIMESTAMP(3), extra VARCHAR,
                          dt STRING, hm STRING)
    PARTITIONED BY (dt, hm)
    WITH ('connector' = 'filesystem', 'path' = 'file:///tmp/q10', 'format' = 'csv');
    INSERT INTO q10
    SELECT auction, bidder, price, \`dateTime\`, extra, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd'),
           DATE_FORMAT(\`dateTime\`, 'HH:mm')
    FROM bid;`,

  q11: `INSERT INTO q11
    SELECT bidder, COUNT(*) AS bid_count, SESSION_START(\`dateTime\`, INTERVAL '10' SECOND) AS starttime,
           SESSION_END(\`dateTime\`, INTERVAL '10' SECOND) AS endtime
    FROM bid
    GROUP BY bidder, SESSION(\`dateTime\`, INTERVAL '10' SECOND);`,

  q12: `CREATE VIEW b12 AS SELECT *, PROCTIME() AS p_time FROM bid;
    INSERT INTO q12
    SELECT bidder, COUNT(*) AS bid_count, window_start, window_end
    FROM TABLE(TUMBLE(TABLE b12, DESCRIPTOR(p_time), INTERVAL '10' SECOND))
    GROUP BY bidder, window_start, window_end;`,

  q13: `INSERT INTO q13
    SELECT b.auction, b.bidder, b.price, b.\`dateTime\`, s.\`value\`
    FROM (SELECT *, PROCTIME() AS p_time FROM bid) b
    JOIN side_input FOR SYSTEM_TIME AS OF b.p_time AS s ON MOD(b.auction, 10000) = s.key;`,

  q14: `CREATE FUNCTION count_char(s STRING, c STRING) RETURNS BIGINT LANGUAGE JAVASCRIPT AS $$ return s.split(c).length - 1; $$;
    INSERT INTO q14
    SELECT auction, bidder, 0.908 * price AS price,
           CASE WHEN HOUR(\`dateTime\`) >= 8 AND HOUR(\`dateTime\`) <= 18 THEN 'dayTime'
                WHEN HOUR(\`dateTime\`) <= 6 OR HOUR(\`dateTime\`) >= 20 THEN 'nightTime'
                ELSE 'otherTime' END AS bidTimeType,
           \`dateTime\`, extra, count_char(extra, 'c') AS c_counts
    FROM bid
    WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;`,

  q15: `INSERT INTO q15
    SELECT DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') AS \`day\`,
           COUNT(*) AS total_bids,
           COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
           COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
           COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
           COUNT(DISTINCT bidder) AS total_bidders,
           COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders,
           COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions
    FROM bid
    GROUP BY DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd');`,

  q16: `INSERT INTO q16
    SELECT channel, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') AS \`day\`,
           MAX(DATE_FORMAT(\`dateTime\`, 'HH:mm')) AS \`minute\`, COUNT(*) AS total_bids,
           COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders
    FROM bid
    GROUP BY channel, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd');`,

  q17: `INSERT INTO q17
    SELECT auction, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') AS \`day\`, COUNT(*) AS total_bids,
           COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids, MIN(price) AS min_price, MAX(price) AS max_price,
           AVG(price) AS avg_price, SUM(price) AS sum_price
    FROM bid
    GROUP BY auction, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd');`,

  q18: `INSERT INTO q18
    SELECT auction, bidder, price, channel, url, \`dateTime\`, extra
    FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY \`dateTime\` DESC) AS rank_number FROM bid)
    WHERE rank_number <= 1;`,

  q19: `INSERT INTO q19
    SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid)
    WHERE rank_number <= 10;`,

  q20: `INSERT INTO q20
    SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.\`dateTime\`, b.extra, a.itemName, a.category
    FROM bid AS b INNER JOIN auction AS a ON b.auction = a.id
    WHERE a.category = 10;`,

  q21: `INSERT INTO q21
    SELECT auction, bidder, price, channel,
           CASE WHEN LOWER(channel) = 'apple' THEN '0'
                WHEN LOWER(channel) = 'google' THEN '1'
                WHEN LOWER(channel) = 'facebook' THEN '2'
                WHEN LOWER(channel) = 'baidu' THEN '3'
                ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
    FROM bid
    WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL
       OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu');`,

  q22: `INSERT INTO q22
    SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2,
           SPLIT_INDEX(url, '/', 5) AS dir3
    FROM bid;`,

  q23: `INSERT INTO q23
    SELECT b.auction, b.bidder, b.price, a.itemName, p.name
    FROM bid AS b
    JOIN auction AS a ON b.auction = a.id
    JOIN person AS p ON p.id = b.bidder
    WHERE a.category = 10;`,
};
