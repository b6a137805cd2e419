import { describe, expect, test } from 'vitest';
import { readTracing } from './tracing.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('traces are off', () => {
  test.each([
    {},
    { OTEL_SERVICE_NAME: 'orders' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'True' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  ])('with %j', (env) => {
    expect(readTracing(env)).toBeUndefined();
  });
});

describe('traces are on', () => {
  test.each([
    ENDPOINT,
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' },
    { OTEL_TRACES_EXPORTER: 'otlp' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'false', OTEL_TRACES_SAMPLER: 'always_on' },
    { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
  ])('with %j', (env) => {
    expect(readTracing(env)).toEqual({ protocol: 'http/protobuf' });
  });

  test('in the encoding that is asked for, of traces before that of all signals', () => {
    const all = { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    expect(readTracing({ ...all, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' })).toEqual({
      protocol: 'http/json',
    });
  });
});

describe('a value that OpenTelemetry would replace by a default is refused', () => {
  test.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'otlp or none'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'user:secret@collector:4318', 'an http or https url'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector', 'an http or https url'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'http/protobuf or http/json'],
    ['OTEL_TRACES_SAMPLER', 'sometimes', 'one of always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '10%', 'a number from 0 to 1'],
  ])('%s=%s', (name, value, rule) => {
    const read = () => readTracing({ ...ENDPOINT, [name]: value });
    expect(read).toThrow(`${name} must be ${rule}`);
    expect(read).not.toThrow('secret');
  });
});
