import type { Traffic } from '../load/drivers/traffic.js';
import type { Place } from './run/place.js';

/** What is measured of each peer. A unit is a message, or a batch in the last three. */
export type ScenarioName = 'publish' | 'cycle' | 'batch-publish' | 'batch-cycle' | 'work';

/** In these scenarios nothing may be received: all messages must be there at the end. */
export const onlyPublishes = (scenario: ScenarioName): boolean =>
  scenario === 'publish' || scenario === 'batch-publish';

/** A message queue that somebody might use instead of millrace, or millrace itself. */
export interface Peer<Address = unknown> {
  name: string;
  /** When a message that the peer accepted is on stable storage. */
  durability: string;
  /** The client, its calls and the settings that differ from the defaults. */
  usage: string;
  /** What it does less than millrace, which answers each publish and each ack after an fsync. */
  less?: string;
  /** Undefined: it has no way to handle batches, and none of the scenarios with them. */
  batch?: { size: number; calls: string };
  /** What handles the messages of `work`; undefined: the peer has no `work`. */
  work?: string;
  /** Starts the server, in the process of the bench. Throws `NotAvailable` if that cannot be done here. */
  start(place: Place): Promise<PeerServer<Address>>;
  /** Connects a client with a new queue, in a process that does nothing else. */
  connect(load: ClientLoad<Address>): Promise<PeerClient>;
}

export interface PeerServer<Address = unknown> {
  /** What its clients need to know, as plain data. */
  address: Address;
  version: string;
  /** The processes whose CPU time counts, with all their children. */
  pids: number[];
  stop(): Promise<void>;
}

export interface ClientLoad<Address = unknown> {
  address: Address;
  scenario: ScenarioName;
  /** Units that are under way at once. */
  concurrency: number;
  /** The JSON text of each payload. */
  payload: string;
  batchSize: number;
}

export type PeerClient = CallingClient | RawClient;

interface ConnectedClient {
  /** How many messages the peer still has: available, delayed or leased. */
  waiting(): Promise<number>;
  /** Publishes so many messages for `work`, before anything is received. */
  fill?(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A client library. The callers, numbered from 0, make their calls at the same time. */
export interface CallingClient extends ConnectedClient {
  /** Resolves when the peer has confirmed the message. */
  publish(caller: number): Promise<unknown>;
  /** Publishes `batchSize` messages. */
  publishBatch?(caller: number): Promise<unknown>;
  /** Resolves when as many messages have been received and acked, whoever published them. */
  ack(count: number, caller: number): Promise<unknown>;
  /** Ends the worker of `work`, and returns how many messages it has acked. */
  stopWork?(): Promise<number>;
}

/** HTTP on raw sockets, without a client library. */
export interface RawClient extends ConnectedClient {
  port: number;
  traffic: Traffic;
}

/** The peer cannot be measured on this machine; the message says what is missing. */
export class NotAvailable extends Error {}
