import { LIMITS } from '@millrace/protocol';
import { fieldRefusal, type Refusal } from '../../../core/refusal.js';
import { tooManyItems } from '../../validation/invalid-fields.js';
import { batchTooLarge, headersTooLarge, payloadTooLarge } from '../payload-limits.js';
import { WARNINGS_MAX } from '../unknown-fields.js';
import { type BodyShape, type MemberShape, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './body-shape.js';
import { EntryList } from './entry-list.js';
import type { JsonListener } from './json-scanner.js';
import { NameReader } from './name-reader.js';
import { ReducedObject } from './reduced-object.js';
import { decodedBeginning } from './text-beginning.js';
import { TextCapture } from './text-capture.js';

/** The parts of a body that are kept: enough to validate it and to store its payloads. */
export interface ScannedBody {
  /**
   * The known members. A payload is replaced by null. A list or an object where the schema has none is
   * replaced by an empty one, which is refused all the same. Of the unknown members the first ten
   * names are kept, and ten of those in entries, each with null as its value.
   */
  readonly value: unknown;
  /**
   * The payloads as they were sent: one for each entry of a batch, undefined for an entry without one;
   * for other calls the call's own payload, if it has one.
   */
  readonly payloads: readonly (string | undefined)[];
}

const ROOT_DEPTH = 1;
const ENTRY_DEPTH = 3;

/** Gathers the parts of a body to keep, as the scanner reports where names and values begin and end. */
export class BodyCollector implements JsonListener {
  watchDepth = 0;
  private readonly capture = new TextCapture();
  private readonly name = new NameReader(this.capture);
  private readonly root: ReducedObject;
  /** The object whose members are being read: the root or an entry of the list. */
  private object: ReducedObject;
  private objectDepth = ROOT_DEPTH;
  /** The member whose name was read last; undefined if that name is unknown. */
  private member: MemberShape | undefined;
  private isCapturing = false;
  /** The most bytes to keep of the text being read, if it is one that is cut. */
  private keptMaxBytes = Number.POSITIVE_INFINITY;
  private isCut = false;
  private list: EntryList | undefined;
  /** Replaces a body that is not an object. */
  private notAnObject: string | undefined;

  constructor(shape: BodyShape) {
    this.root = new ReducedObject(shape, '', { left: WARNINGS_MAX });
    this.object = this.root;
  }

  beginChunk(chunk: Buffer): void {
    this.capture.nextChunk(chunk);
  }

  /** Copies the chunk's part of a text that continues in the next chunk; refuses a text too long. */
  endChunk(bytes: number): Refusal | undefined {
    if (!this.isCapturing) {
      this.name.endChunk();
      return undefined;
    }
    const refusal = this.checkLength(bytes);
    if (refusal !== undefined) return refusal;
    this.capture.endChunk();
    if (this.capture.bytes(0) > this.keptMaxBytes) {
      this.isCut = true;
      this.capture.pause(0);
    }
    return undefined;
  }

  nameStart(at: number): void {
    if (!this.isCapturing) this.name.begin(at + 1);
  }

  nameEnd(at: number): void {
    if (this.isCapturing) return;
    const { name, object } = this;
    name.end(at);
    const known = name.find(object.shape);
    this.member = known?.shape;
    if (known !== undefined) object.choose(known.name);
    else if (object.keepsUnknown) object.addUnknown(name.text());
  }

  valueStart(at: number, depth: number, firstByte: number): Refusal | undefined {
    if (depth === 0) {
      if (firstByte === OPEN_BRACE) this.watchDepth = ROOT_DEPTH;
      else this.notAnObject = emptied(firstByte);
    } else if (this.isCapturing) {
      // The contents of a field are kept to one level; the schemas have no deeper ones.
      if (isBracket(firstByte)) this.capture.pause(at + 1);
    } else if (depth !== this.objectDepth) {
      return this.beginItem(firstByte);
    } else if (this.member !== undefined) {
      this.beginMember(this.member, at, firstByte);
    }
    return undefined;
  }

  valueEnd(at: number, depth: number): Refusal | undefined {
    if (this.isCapturing) {
      if (this.capture.isPaused) this.capture.resume(at - 1);
      return depth === this.objectDepth ? this.endCapture(at) : undefined;
    }
    if (depth === this.objectDepth - 1) this.endObject();
    else if (depth < this.watchDepth && depth === ROOT_DEPTH) this.endList();
    return undefined;
  }

  finish(): ScannedBody {
    const { list, root } = this;
    const own = root.payload === undefined ? [] : [root.payload];
    const value = JSON.parse(this.notAnObject ?? root.text());
    if (list !== undefined) value[list.name] = list.values;
    return { value, payloads: list?.payloads ?? own };
  }

  private beginMember(member: MemberShape, at: number, firstByte: number): void {
    const { object } = this;
    if (member.kind === 'list') {
      // If the member occurs several times the last one counts, even if it is not a list.
      this.list = undefined;
      if (firstByte === OPEN_BRACKET) {
        this.list = new EntryList(member, object.memberPath);
        this.watchDepth = ENTRY_DEPTH - 1;
        return;
      }
    }
    this.isCapturing = true;
    this.isCut = false;
    const isText = member.kind === 'value' && firstByte === QUOTE;
    this.keptMaxBytes = (isText ? member.keptMaxBytes : undefined) ?? Number.POSITIVE_INFINITY;
    this.capture.begin(at);
    if (member.kind === 'payload') {
      if (object !== this.root) (this.list as EntryList).payloadBytes -= object.payloadBytes;
      object.payloadBytes = 0;
      object.payload = undefined;
    } else if (isBracket(firstByte)) {
      const isHeld = member.kind === 'value' && member.holds === firstByte;
      if (isHeld) this.watchDepth += 1;
      else this.capture.pause(at + 1);
    }
  }

  private endCapture(at: number): Refusal | undefined {
    const refusal = this.checkLength(at);
    if (refusal !== undefined) return refusal;
    const { object } = this;
    const bytes = this.capture.bytes(at);
    this.capture.end(at);
    const text = this.capture.text();
    if (this.member?.kind === 'value' && this.member.holds === OPEN_BRACE && isLongMap(text)) {
      return headersTooLarge(object.memberPath);
    }
    if (this.member?.kind === 'payload') {
      object.payload = text;
      object.payloadBytes = bytes;
      if (object !== this.root) (this.list as EntryList).payloadBytes += bytes;
    }
    object.set(this.member?.kind === 'payload' ? 'null' : this.isCut ? mended(text) : text);
    this.isCapturing = false;
    this.watchDepth = this.objectDepth;
    return undefined;
  }

  private checkLength(to: number): Refusal | undefined {
    const bytes = this.capture.bytes(to);
    const path = this.object.memberPath;
    if (this.member?.kind === 'payload') {
      if (bytes > LIMITS.payloadMaxBytes) return payloadTooLarge(path);
      const inAll = bytes + (this.list?.payloadBytes ?? 0);
      return inAll > LIMITS.batchMaxBytes ? batchTooLarge() : undefined;
    }
    const isBounded = this.keptMaxBytes !== Number.POSITIVE_INFINITY;
    if (isBounded || bytes <= LIMITS.bodyOverheadMaxBytes) return undefined;
    return fieldRefusal(path, `must be at most ${LIMITS.bodyOverheadMaxBytes} bytes of JSON`);
  }

  private beginItem(firstByte: number): Refusal | undefined {
    const list = this.list as EntryList;
    if (list.isFull) return tooManyItems(list.path, list.shape.maxItems);
    if (firstByte === OPEN_BRACE) {
      this.object = new ReducedObject(list.shape.entry, list.nextPath, list.unknownRoom);
      this.objectDepth = ENTRY_DEPTH;
      this.watchDepth = ENTRY_DEPTH;
    } else {
      list.add(emptied(firstByte), undefined);
    }
    return undefined;
  }

  /** Ends an entry. For the end of the root object there is nothing to do. */
  private endObject(): void {
    if (this.object === this.root) return;
    (this.list as EntryList).add(this.object.text(), this.object.payload);
    this.object = this.root;
    this.objectDepth = ROOT_DEPTH;
    this.watchDepth = ENTRY_DEPTH - 1;
  }

  private endList(): void {
    // `finish` puts the entries into the list.
    this.root.set('[]');
    this.watchDepth = ROOT_DEPTH;
  }
}

/**
 * Whether a map is surely over its limit, which applies to its compact JSON. Without its spaces and
 * escapes, the text is no longer than that.
 */
function isLongMap(text: string): boolean {
  if (text.length <= LIMITS.headersMaxBytes) return false;
  const spaces = text.match(/[ \n\r\t]/g)?.length ?? 0;
  const escapes = text.match(/\\/g)?.length ?? 0;
  return text.length - spaces - ESCAPE_MORE_CHARS * escapes > LIMITS.headersMaxBytes;
}

/** The most characters by which an escape is longer than the character itself. */
const ESCAPE_MORE_CHARS = 5;

/** Closes a quoted text of which only the beginning was kept, and its last quote. */
const mended = (text: string): string => JSON.stringify(decodedBeginning(text.slice(1, -1)));

const isBracket = (byte: number): boolean => byte === OPEN_BRACE || byte === OPEN_BRACKET;

/** Replaces a value that is not an object where there must be one. */
const emptied = (firstByte: number): string => (firstByte === OPEN_BRACKET ? '[]' : 'null');
