/**
 * Kafka as a source and as a sink. See README.md for the tour.
 *
 *     CREATE TABLE payments (card STRING, amount DOUBLE) WITH ('connector' = 'kafka', 'topic' = 'payments',
 *       'properties.bootstrap.servers' = 'kafka:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
 */
export { KafkaError, type KafkaErrorCode } from './errors.js';
export { kafkaSink, upsertKafkaSink } from './sink/kafka-sink.js';
export { kafkaSource, upsertKafkaSource } from './source/kafka-source.js';
