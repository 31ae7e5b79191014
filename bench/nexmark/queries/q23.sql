-- Bids with their auctions and bidders: a join of three.
CREATE TABLE answer (auction BIGINT, bidder BIGINT, price BIGINT, itemName STRING, seller BIGINT, category BIGINT, name STRING, city STRING) WITH (${sink});
INSERT INTO answer
SELECT b.auction, b.bidder, b.price, a.itemName, a.seller, a.category, p.name, p.city
FROM bid AS b
INNER JOIN auction AS a ON b.auction = a.id
INNER JOIN person AS p ON b.bidder = p.id;
