import { describe, expect, test } from '@jest/globals';
import { outline } from './planning.js';

// Queries of the Nexmark benchmark as its SQL has them, over three tables; plans checked by hand.
const TABLES = `
CREATE TABLE person (id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, \`dateTime\` TIMESTAMP(3), extra STRING, WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND) WITH ('connector' = 'generator');
CREATE TABLE auction (id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, \`dateTime\` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING, WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND) WITH ('connector' = 'generator');
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING, WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND) WITH ('connector' = 'generator');
`;

describe('plans of Nexmark', () => {
  test('q3', () => {
    const sql = `SELECT P.name, P.city, P.state, A.id FROM auction AS A INNER JOIN person AS P on A.seller = P.id WHERE A.category = 10 and (P.state = 'OR' OR P.state = 'ID' OR P.state = 'CA')`;
    expect(outline(TABLES + sql)).toEqual([
      `source:auction: read generator [id, seller, category] where category = 10`,
      `collect/calc1: calc [id, seller] where category = 10 <- source:auction`,
      `source:person: read generator [id, name, city, state] where state = 'OR' OR state = 'ID' OR state = 'CA'`,
      `collect/calc2: calc [id id0, name, city, state] where state = 'OR' OR state = 'ID' OR state = 'CA' <- source:person`,
      `collect/join1: join {"joinType":"inner","leftKeys":["seller"],"rightKeys":["id0"],"leftColumns":["id","seller"],"rightColumns":["id0","name","city","state"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false} <- hash(seller) collect/calc1 + hash(id0) collect/calc2`,
      `collect/calc3: calc [name, city, state, id] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc3`,
    ]);
  });

  test('q4', () => {
    const sql = `SELECT Q.category, AVG(Q.final) FROM (SELECT MAX(B.price) AS final, A.category FROM auction A, bid B WHERE A.id = B.auction AND B.\`dateTime\` BETWEEN A.\`dateTime\` AND A.expires GROUP BY A.id, A.category) Q GROUP BY Q.category`;
    expect(outline(TABLES + sql)).toEqual([
      `source:auction: read generator [id, dateTime, expires, category] watermark dateTime 4000`,
      `source:bid: read generator [auction, price, dateTime] watermark dateTime 4000`,
      `collect/calc1: calc [auction, price, dateTime dateTime0] <- source:bid`,
      `collect/join1: join {"joinType":"inner","leftKeys":["id"],"rightKeys":["auction"],"leftColumns":["id","dateTime","expires","category"],"rightColumns":["auction","price","dateTime0"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false,"condition":"dateTime0 >= dateTime AND dateTime0 <= expires"} <- hash(id) source:auction + hash(auction) collect/calc1`,
      `collect/calc2: calc [id, category, price] <- collect/join1`,
      `collect/aggregate1: group by [id, category] [MAX(price)] updating by (id, category) <- hash(id, category) collect/calc2`,
      `collect/calc3: calc [$agg0 final, category] updating <- collect/aggregate1`,
      `collect/aggregate2: group by [category] [AVG(final)] updating by (category) <- hash(category) collect/calc3`,
      `collect/calc4: calc [category, $agg0 EXPR$1] updating by (category) <- collect/aggregate2`,
      `sink:collect: write collect updating by (category) x1 <- global collect/calc4`,
    ]);
  });

  test('q5', () => {
    const sql = `SELECT AuctionBids.auction, AuctionBids.num FROM (
   SELECT auction, count(*) AS num, window_start AS starttime, window_end AS endtime
     FROM TABLE(HOP(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end
 ) AS AuctionBids
 JOIN (
   SELECT max(CountBids.num) AS maxn, CountBids.starttime, CountBids.endtime
   FROM (SELECT count(*) AS num, window_start AS starttime, window_end AS endtime
     FROM TABLE(HOP(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end
   ) AS CountBids GROUP BY CountBids.starttime, CountBids.endtime
 ) AS MaxBids
 ON AuctionBids.starttime = MaxBids.starttime AND AuctionBids.endtime = MaxBids.endtime AND AuctionBids.num >= MaxBids.maxn`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, dateTime] watermark dateTime 4000`,
      `collect/window1: HOP of 10 s every 2 s on dateTime by [auction] [COUNT(*)] bounds window_start window_end - <- hash(auction) source:bid`,
      `collect/calc1: calc [auction, $agg0 num, window_start starttime, window_end endtime] <- collect/window1`,
      `collect/calc2: calc [$agg0 num, window_start starttime, window_end endtime] <- collect/window1`,
      `collect/window2: the window of columns starttime, endtime on endtime by [] [MAX(num)] bounds starttime endtime - x1 <- global collect/calc2`,
      `collect/calc3: calc [$agg0 maxn, starttime starttime0, endtime endtime0] <- collect/window2`,
      `collect/join1: windowJoin {"joinType":"inner","leftKeys":[],"rightKeys":[],"leftColumns":["auction","num","starttime","endtime"],"rightColumns":["maxn","starttime0","endtime0"],"processingTime":false,"leftStart":"starttime","leftEnd":"endtime","rightStart":"starttime0","rightEnd":"endtime0","condition":"num >= maxn"} x1 <- global collect/calc1 + global collect/calc3`,
      `collect/calc4: calc [auction, num] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc4`,
    ]);
  });

  test('q7', () => {
    const sql = `SELECT B.auction, B.price, B.bidder, B.\`dateTime\`, B.extra from bid B JOIN (
  SELECT MAX(price) AS maxprice, window_end as \`dateTime\` FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND)) GROUP BY window_start, window_end
) B1 ON B.price = B1.maxprice WHERE B.\`dateTime\` BETWEEN B1.\`dateTime\` - INTERVAL '10' SECOND AND B1.\`dateTime\``;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, bidder, price, dateTime, extra] watermark dateTime 4000`,
      `collect/window1: TUMBLE of 10 s on dateTime by [] [MAX(price)] bounds window_start window_end - x1 <- global source:bid`,
      `collect/calc1: calc [$agg0 maxprice, window_end dateTime0] <- collect/window1`,
      `collect/join1: join {"joinType":"inner","leftKeys":["price"],"rightKeys":["maxprice"],"leftColumns":["auction","bidder","price","dateTime","extra"],"rightColumns":["maxprice","dateTime0"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false,"condition":"dateTime >= dateTime0 - INTERVAL '10' SECOND AND dateTime <= dateTime0"} <- hash(price) source:bid + hash(maxprice) collect/calc1`,
      `collect/calc2: calc [auction, price, bidder, dateTime, extra] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc2`,
    ]);
  });

  test('q8', () => {
    const sql = `SELECT P.id, P.name, P.starttime FROM (SELECT id, name, window_start AS starttime, window_end AS endtime FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND)) GROUP BY id, name, window_start, window_end) P
JOIN (SELECT seller, window_start AS starttime, window_end AS endtime FROM TABLE(TUMBLE(TABLE auction, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND)) GROUP BY seller, window_start, window_end) A
ON P.id = A.seller AND P.starttime = A.starttime AND P.endtime = A.endtime`;
    expect(outline(TABLES + sql)).toEqual([
      `source:person: read generator [id, name, dateTime] watermark dateTime 4000`,
      `collect/window1: TUMBLE of 10 s on dateTime by [id, name] [] bounds window_start window_end - <- hash(id, name) source:person`,
      `collect/calc1: calc [id, name, window_start starttime, window_end endtime] <- collect/window1`,
      `source:auction: read generator [dateTime, seller] watermark dateTime 4000`,
      `collect/window2: TUMBLE of 10 s on dateTime by [seller] [] bounds window_start window_end - <- hash(seller) source:auction`,
      `collect/calc2: calc [seller, window_start starttime0, window_end endtime0] <- collect/window2`,
      `collect/join1: windowJoin {"joinType":"inner","leftKeys":["id"],"rightKeys":["seller"],"leftColumns":["id","name","starttime","endtime"],"rightColumns":["seller","starttime0","endtime0"],"processingTime":false,"leftStart":"starttime","leftEnd":"endtime","rightStart":"starttime0","rightEnd":"endtime0"} <- hash(id) collect/calc1 + hash(seller) collect/calc2`,
      `collect/calc3: calc [id, name, starttime] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc3`,
    ]);
  });

  test('q9', () => {
    const sql = `SELECT id, itemName, description, initialBid, reserve, \`dateTime\`, expires, seller, category, extra, auction, bidder, price, bid_dateTime, bid_extra
FROM (SELECT A.*, B.auction, B.bidder, B.price, B.\`dateTime\` AS bid_dateTime, B.extra AS bid_extra,
     ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.\`dateTime\` ASC) AS rownum
   FROM auction A, bid B WHERE A.id = B.auction AND B.\`dateTime\` BETWEEN A.\`dateTime\` AND A.expires) WHERE rownum <= 1`;
    expect(outline(TABLES + sql)).toEqual([
      `source:auction: read generator [id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra] watermark dateTime 4000`,
      `source:bid: read generator [auction, bidder, price, dateTime, extra] watermark dateTime 4000`,
      `collect/calc1: calc [auction, bidder, price, dateTime dateTime0, extra extra0] <- source:bid`,
      `collect/join1: join {"joinType":"inner","leftKeys":["id"],"rightKeys":["auction"],"leftColumns":["id","itemName","description","initialBid","reserve","dateTime","expires","seller","category","extra"],"rightColumns":["auction","bidder","price","dateTime0","extra0"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false,"condition":"dateTime0 >= dateTime AND dateTime0 <= expires"} <- hash(id) source:auction + hash(auction) collect/calc1`,
      `collect/rank1: rank {"partitionBy":["id"],"orderBy":[{"column":"price","descending":true,"nullsFirst":false},{"column":"dateTime0","descending":false,"nullsFirst":true}],"from":1,"to":1,"inputUpdating":false,"finalOnly":false} updating by (id) <- hash(id) collect/join1`,
      `collect/calc2: calc [id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra, auction, bidder, price, dateTime0 bid_dateTime, extra0 bid_extra] updating by (id) <- collect/rank1`,
      `sink:collect: write collect updating by (id) x1 <- global collect/calc2`,
    ]);
  });

  test('q11', () => {
    const sql = `SELECT B.bidder, count(*) as bid_count, window_start, window_end FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND)) B GROUP BY bidder, window_start, window_end`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [bidder, dateTime] watermark dateTime 4000`,
      `collect/window1: SESSION with a gap of 10 s on dateTime by [bidder] [COUNT(*)] bounds window_start window_end - <- hash(bidder) source:bid`,
      `collect/calc1: calc [bidder, $agg0 bid_count, window_start, window_end] <- collect/window1`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('q12', () => {
    const sql = `SELECT bidder, count(*) as bid_count, window_start, window_end FROM TABLE(TUMBLE(DATA => TABLE (SELECT *, PROCTIME() as p_time FROM bid), TIMECOL => DESCRIPTOR(p_time), SIZE => INTERVAL '10' SECOND)) GROUP BY bidder, window_start, window_end`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [bidder]`,
      `collect/window1: TUMBLE of 10 s on processing time by [bidder] [COUNT(*)] bounds window_start window_end - <- hash(bidder) source:bid`,
      `collect/calc1: calc [bidder, $agg0 bid_count, window_start, window_end] <- collect/window1`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('q14', () => {
    const sql = `SELECT auction, bidder, 0.908 * price as price, CASE WHEN HOUR(\`dateTime\`) >= 8 AND HOUR(\`dateTime\`) <= 18 THEN 'dayTime' WHEN HOUR(\`dateTime\`) <= 6 OR HOUR(\`dateTime\`) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bidTimeType, \`dateTime\`, extra FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, bidder, price, dateTime, extra] watermark dateTime 4000`,
      `collect/calc1: calc [auction, bidder, 0.908 * price price, CASE WHEN HOUR(dateTime) >= 8 AND HOUR(dateTime) <= 18 THEN 'dayTime' WHEN HOUR(dateTime) <= 6 OR HOUR(dateTime) >= 20 THEN 'nightTime' ELSE 'otherTime' END bidTimeType, dateTime, extra] where 0.908 * price > 1000000 AND 0.908 * price < 50000000 <- source:bid`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('q15', () => {
    const sql = `SELECT DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') as \`day\`, count(*) AS total_bids, count(*) filter (where price < 10000) AS rank1_bids, count(distinct bidder) AS total_bidders, count(distinct bidder) filter (where price < 10000) AS rank1_bidders FROM bid GROUP BY DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd')`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [bidder, price, dateTime] watermark dateTime 4000`,
      `collect/calc1: calc [bidder, price, DATE_FORMAT(dateTime, 'yyyy-MM-dd') $key0] <- source:bid`,
      `collect/aggregate1: group by [$key0] [COUNT(*), COUNT(*) FILTER (WHERE price < 10000), COUNT(DISTINCT bidder), COUNT(DISTINCT bidder) FILTER (WHERE price < 10000)] updating by ($key0) <- hash($key0) collect/calc1`,
      `collect/calc2: calc [$key0 day, $agg0 total_bids, $agg1 rank1_bids, $agg2 total_bidders, $agg3 rank1_bidders] updating by (day) <- collect/aggregate1`,
      `sink:collect: write collect updating by (day) x1 <- global collect/calc2`,
    ]);
  });

  test('q16', () => {
    const sql = `SELECT channel, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') as \`day\`, max(DATE_FORMAT(\`dateTime\`, 'HH:mm')) as \`minute\`, count(*) AS total_bids FROM bid GROUP BY channel, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd')`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [channel, dateTime] watermark dateTime 4000`,
      `collect/calc1: calc [channel, dateTime, DATE_FORMAT(dateTime, 'yyyy-MM-dd') $key0] <- source:bid`,
      `collect/aggregate1: group by [channel, $key0] [MAX(DATE_FORMAT(dateTime, 'HH:mm')), COUNT(*)] updating by (channel, $key0) <- hash(channel, $key0) collect/calc1`,
      `collect/calc2: calc [channel, $key0 day, $agg0 minute, $agg1 total_bids] updating by (channel, day) <- collect/aggregate1`,
      `sink:collect: write collect updating by (channel, day) x1 <- global collect/calc2`,
    ]);
  });

  test('q17', () => {
    const sql = `SELECT auction, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') as \`day\`, count(*) AS total_bids, min(price) AS min_price, max(price) AS max_price, avg(price) AS avg_price, sum(price) AS sum_price FROM bid GROUP BY auction, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd')`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, price, dateTime] watermark dateTime 4000`,
      `collect/calc1: calc [auction, price, DATE_FORMAT(dateTime, 'yyyy-MM-dd') $key0] <- source:bid`,
      `collect/aggregate1: group by [auction, $key0] [COUNT(*), MIN(price), MAX(price), AVG(price), SUM(price)] updating by (auction, $key0) <- hash(auction, $key0) collect/calc1`,
      `collect/calc2: calc [auction, $key0 day, $agg0 total_bids, $agg1 min_price, $agg2 max_price, $agg3 avg_price, $agg4 sum_price] updating by (auction, day) <- collect/aggregate1`,
      `sink:collect: write collect updating by (auction, day) x1 <- global collect/calc2`,
    ]);
  });

  test('q18', () => {
    const sql = `SELECT auction, bidder, price, channel, url, \`dateTime\`, extra FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY \`dateTime\` DESC) AS rank_number FROM bid) WHERE rank_number <= 1`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, bidder, price, channel, url, dateTime, extra] watermark dateTime 4000`,
      `collect/rank1: deduplicate {"partitionBy":["bidder","auction"],"timeColumn":"dateTime","processingTime":false,"keep":"last"} updating by (bidder, auction) <- hash(bidder, auction) source:bid`,
      `sink:collect: write collect updating by (bidder, auction) x1 <- global collect/rank1`,
    ]);
  });

  test('q19', () => {
    const sql = `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid) WHERE rank_number <= 10`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, bidder, price, channel, url, dateTime, extra] watermark dateTime 4000`,
      `collect/rank1: rank {"partitionBy":["auction"],"orderBy":[{"column":"price","descending":true,"nullsFirst":false}],"from":1,"to":10,"rankName":"$over0","inputUpdating":false,"finalOnly":false} updating by (auction, $over0) <- hash(auction) source:bid`,
      `collect/calc1: calc [auction, bidder, price, channel, url, dateTime, extra, $over0 rank_number] updating by (auction, rank_number) <- collect/rank1`,
      `sink:collect: write collect updating by (auction, rank_number) x1 <- global collect/calc1`,
    ]);
  });

  test('q20', () => {
    const sql = `SELECT auction, bidder, price, channel, url, B.\`dateTime\`, B.extra, itemName, description, initialBid, reserve, A.\`dateTime\`, expires, seller, category, A.extra FROM bid AS B INNER JOIN auction AS A on B.auction = A.id where A.category = 10`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, bidder, price, channel, url, dateTime, extra] watermark dateTime 4000`,
      `source:auction: read generator [id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra] where category = 10 watermark dateTime 4000`,
      `collect/calc1: calc [id, itemName, description, initialBid, reserve, dateTime dateTime0, expires, seller, category, extra extra0] where category = 10 <- source:auction`,
      `collect/join1: join {"joinType":"inner","leftKeys":["auction"],"rightKeys":["id"],"leftColumns":["auction","bidder","price","channel","url","dateTime","extra"],"rightColumns":["id","itemName","description","initialBid","reserve","dateTime0","expires","seller","category","extra0"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false} <- hash(auction) source:bid + hash(id) collect/calc1`,
      `collect/calc2: calc [auction, bidder, price, channel, url, dateTime, extra, itemName, description, initialBid, reserve, dateTime0, expires, seller, category, extra0] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc2`,
    ]);
  });

  test('q22', () => {
    const sql = `SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) as dir1, SPLIT_INDEX(url, '/', 4) as dir2 FROM bid`;
    expect(outline(TABLES + sql)).toEqual([
      `source:bid: read generator [auction, bidder, price, channel, url]`,
      `collect/calc1: calc [auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) dir1, SPLIT_INDEX(url, '/', 4) dir2] <- source:bid`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });
});
