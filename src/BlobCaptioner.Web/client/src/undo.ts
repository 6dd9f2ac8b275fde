import { ApiError, call, query, type RecordView } from './api';

/** One step that was taken in this tab: `eTag` and `steps` are the record's after it, `before` its ETag as the page knew it, `place` the page's query. */
export interface Step { name: string; place: string; before: string; eTag: string; steps: number }

const key = 'steps';
const most = 50;
const read = (): Step[] => JSON.parse(sessionStorage.getItem(key) ?? '[]') as Step[];
const write = (steps: Step[]): void => sessionStorage.setItem(key, JSON.stringify(steps.slice(-most)));

export const note = (step: Step): void => write([...read(), step]);
export const canUndo = (): boolean => read().length > 0;

/** Takes this tab's last step back, whatever record it was on. Where somebody changed that record since, it throws the 409 and forgets the step. */
export const undoLast = async (by: string | undefined): Promise<{ step: Step; now: RecordView } | null> => {
  const steps = read();
  const step = steps.pop();
  if (!step) {
    return null;
  }
  try {
    const now = await call<RecordView>('POST', '/review' + query({ name: step.name }), { eTag: step.eTag, state: 'undo', by });
    // The step before it can be taken back next, if nobody came between the two.
    const earlier = steps.filter(s => s.name === step.name).at(-1);
    if (earlier && now.eTag && earlier.eTag === step.before && earlier.steps === now.undoSteps) {
      earlier.eTag = now.eTag;
    }
    write(steps);
    return { step, now };
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) {
      write(steps);
    }
    throw error;
  }
};
