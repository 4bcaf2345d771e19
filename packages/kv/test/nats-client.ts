// NATS as programs other than ours use it, for tests of packages that know it only through this one.
export { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
export { Kvm } from "@nats-io/kv";
export { connect, type NatsConnection } from "@nats-io/transport-node";
