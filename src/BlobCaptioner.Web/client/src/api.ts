/** The HTTP API, as far as the page uses it. Shapes as in /openapi/v1.json. */
export type PictureState = 'waiting' | 'preparing' | 'writing' | 'described' | 'approved' | 'declined' | 'rejected' | 'failed';
export const states: PictureState[] = ['waiting', 'preparing', 'writing', 'described', 'approved', 'declined', 'rejected', 'failed'];

export interface Card {
  name: string; state: PictureState; isProduct: boolean; image: string; imageVersion: string; title?: string; problem?: string;
  profile?: string; flags: string[]; languages: string[]; isEdited: boolean; uploaded?: string;
}
export interface Page { total: number; offset: number; items: Card[]; states: Partial<Record<PictureState, number>> }
export interface Facets { folders: Record<string, number>; flags: Record<string, number>; languages: Record<string, number> }
export type Value = string | string[];
export interface Attribute { value: Value | null; confidence: number | null; evidence: 'seen' | 'read' | 'supplied' | 'unknown' }
export interface Fault { code: string; message: string; remedy: string }
export interface Review {
  state?: string; by?: string; at?: string; edits?: { copy?: Record<string, Record<string, Value>>; attributes?: Record<string, Value> };
  edited?: Record<string, { by?: string; at?: string }>;
}
export interface CaptionRecord {
  status: string; image: { name: string; width?: number; height?: number; format?: string }; profile: { name: string; languages?: string[]; pinned?: boolean };
  product?: { sku: string; views: string[] }; copy: Record<string, Record<string, Value>>; attributes: Record<string, Attribute>; flags: string[]; error: Fault | null;
  generation: Record<string, unknown> & { model?: string; totalMs: number; encodeMs: number; prefillMs: number; decodeMs: number; imageTokens: number; promptTokens: number; outputTokens: number };
  review: Review | null;
}
export interface Field { name: string; kind: 'text' | 'textList' | 'choice' | 'choices' | 'number' | 'yesNo'; isAttribute: boolean; maxCharacters?: number; maxItems?: number; values: string[]; languages?: string[] }
export interface RecordView { card: Card; eTag?: string; record?: CaptionRecord; fields: Field[]; undoSteps: number; canChangeProfile: boolean }
export interface Story { state: string; events: { kind: string; at?: string; text: string }[]; next: string }
export interface Conflict { fields: string[]; by?: string; now: RecordView }
export interface Change { language?: string; field: string; value: Value | null; was: Value | null }
export interface BatchPoint { at: string; picturesPerMinute: number; tokensPerSecond: number; queue: number }
export interface Batch { queue: number; poison: number; picturesPerMinute: number; tokensPerSecond: number; secondsLeft?: number; paused?: string; points: BatchPoint[] }
export interface Status {
  container: string; model?: string; maxMegabytes: number; maxMegapixels: number; person?: string; profile: string; exportFormats: string[]; isIndexComplete: boolean; batch: Batch;
}
export interface ProfileItem { name: string; isBuiltIn: boolean; comment: string; fields: Field[]; languages: string[]; imageTokenBudget: number; problem?: string }
export interface ProfileReport { isSound: boolean; problems: string[]; prompt?: string; maxCharacters?: number }
export interface ExportPreview { text: string; items: number; skipped: Record<string, number>; warnings: Record<string, number> }
export interface DraftText { language?: string; field: string; text: string }

/** What a request that failed says, for people. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly remedy: string, readonly body: unknown) {
    super(message);
  }
}

export const query = (values: Record<string, string | number | boolean | undefined | null>): string => {
  const all = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== '' && value !== false) {
      all.set(key, String(value));
    }
  }
  const text = all.toString();
  return text ? '?' + text : '';
};

export const toError = async (answer: Response): Promise<ApiError> => {
  const body: unknown = await answer.json().catch(() => null);
  const told = (body ?? {}) as { code?: string; detail?: string; remedy?: string };
  return new ApiError(answer.status, told.code ?? String(answer.status), told.detail ?? answer.statusText, told.remedy ?? '', body);
};

export const call = async <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> => {
  const answer = await fetch('/api' + path, {
    method,
    headers: body === undefined ? undefined : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  if (!answer.ok) {
    throw await toError(answer);
  }
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T);
};

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>('GET', path, undefined, signal);
export const thumbnail = (card: { image: string; imageVersion: string }): string => '/api/thumbnail' + query({ name: card.image, v: card.imageVersion });
export const original = (name: string): string => '/api/image' + query({ name });

/** The name that edits are signed with. */
export const person = (): string | undefined => localStorage.getItem('person') || undefined;

/** Posts a form and reads server-sent events out of the answer. */
export const stream = async (path: string, form: FormData, on: (type: string, data: unknown) => void, signal: AbortSignal): Promise<void> => {
  const answer = await fetch('/api' + path, { method: 'POST', body: form, signal });
  if (!answer.ok || !answer.body) {
    throw await toError(answer);
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    rest += value;
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const type = /^event: (.*)$/m.exec(part)?.[1];
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (type && data) {
        on(type, JSON.parse(data));
      }
    }
  }
};

export const asText = (value: Value | null | undefined): string => (value == null ? '' : Array.isArray(value) ? value.join('\n') : value);
/** Characters as people count them, and as the server does: Unicode scalar values. */
export const lengthOf = (text: string): number => [...text].length;
