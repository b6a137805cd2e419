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

/** What is left of a body: enough to validate it and to store its payloads. */
export interface ScannedBody {
  /**
   * The known members. A payload stands there as null; of lists and objects where the schema has
   * none, only an empty one is left, which is refused just the same. Of what the call does not know
   * the first ten names stand there, and ten of entries, with null.
   */
  readonly value: unknown;
  /**
   * The payloads as they were sent: one for each entry of a batch, undefined where it has none; else
   * the call's own, if it has one.
   */
  readonly payloads: readonly (string | undefined)[];
}

const ROOT_DEPTH = 1;
const ENTRY_DEPTH = 3;

/** Gathers what is kept of a body, as it hears where its names and values begin and end. */
export class BodyCollector implements JsonListener {
  watchDepth = 0;
  private readonly capture = new TextCapture();
  private readonly name = new NameReader(this.capture);
  private readonly root: ReducedObject;
  /** The object whose members are read: the root or an entry of the list. */
  private object: ReducedObject;
  private objectDepth = ROOT_DEPTH;
  /** The member whose name was read last; undefined where it is unknown. */
  private member: MemberShape | undefined;
  private isCapturing = false;
  /** Of the text under way, where it is one that is cut. */
  private keptMaxBytes = Number.POSITIVE_INFINITY;
  private isCut = false;
  private list: EntryList | undefined;
  /** What stands for a body that is no object. */
  private notAnObject: string | undefined;

  constructor(shape: BodyShape) {
    this.root = new ReducedObject(shape, '', { left: WARNINGS_MAX });
    this.object = this.root;
  }

  beginChunk(chunk: Buffer): void {
    this.capture.nextChunk(chunk);
  }

  /** Takes over what the chunk holds of a text that goes on, or refuses it for its length. */
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
      // What a field holds is kept to one level; the schemas know no deeper ones.
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
      // Of several lists the last one counts, and whatever else stands in their place.
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

  /** An entry, since nothing needs to be told of the end of the whole. */
  private endObject(): void {
    if (this.object === this.root) return;
    (this.list as EntryList).add(this.object.text(), this.object.payload);
    this.object = this.root;
    this.objectDepth = ROOT_DEPTH;
    this.watchDepth = ENTRY_DEPTH - 1;
  }

  private endList(): void {
    // Its entries take their place at the end.
    this.root.set('[]');
    this.watchDepth = ROOT_DEPTH;
  }
}

/** A map is bounded as compact JSON: it is no shorter than this, without its spaces and escapes. */
function isLongMap(text: string): boolean {
  if (text.length <= LIMITS.headersMaxBytes) return false;
  const spaces = text.match(/[ \n\r\t]/g)?.length ?? 0;
  const escapes = text.match(/\\/g)?.length ?? 0;
  return text.length - spaces - ESCAPE_MORE_CHARS * escapes > LIMITS.headersMaxBytes;
}

/** What an escaped character takes more than the character itself, at most. */
const ESCAPE_MORE_CHARS = 5;

/** A text in its quotes whose middle was left out. */
const mended = (text: string): string => JSON.stringify(decodedBeginning(text.slice(1, -1)));

const isBracket = (byte: number): boolean => byte === OPEN_BRACE || byte === OPEN_BRACKET;

/** What stands for a value that is no object where there must be one. */
const emptied = (firstByte: number): string => (firstByte === OPEN_BRACKET ? '[]' : 'null');
