import { Button } from '@mantine/core';
import { call, type BatchPoint } from './api';
import { useLive } from './live';
import { tell } from './tell';
import { useWords } from './words';

const duration = (seconds: number, tongue: string): string => {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] as const : seconds < 5400 ? [seconds / 60, 'minute'] as const : [seconds / 3600, 'hour'] as const;
  return new Intl.NumberFormat(tongue, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
};

const resume = (say: ReturnType<typeof useWords>['say']): void => {
  call('POST', '/budget/resume').catch((error: unknown) => tell(say('error'), error));
};

/** How the whole batch goes. */
export const BatchStrip = () => {
  const { say, tongue } = useWords();
  const { batch } = useLive();
  if (!batch) {
    return null;
  }
  const number = new Intl.NumberFormat(tongue, { maximumFractionDigits: 1 });
  return (
    <section className="strip" aria-label={say('lastMinutes')}>
      <span>{say('queue')} <b data-testid="queue">{number.format(batch.queue)}</b></span>
      <span>{say('perMinute')} <b>{number.format(batch.picturesPerMinute)}</b></span>
      <span>{say('tokens')} <b>{number.format(batch.tokensPerSecond)}</b></span>
      {batch.secondsLeft !== undefined && <span>{say('left')} <b>{duration(batch.secondsLeft, tongue)}</b></span>}
      {batch.poison > 0 && <span>{say('poison')} <b>{number.format(batch.poison)}</b></span>}
      {batch.paused && <span role="alert" data-testid="paused">{say('paused')} {batch.paused} <Button size="compact-xs" variant="default" onClick={() => resume(say)}>{say('resume')}</Button></span>}
      <Chart points={batch.points} what={p => p.picturesPerMinute} color="var(--mantine-color-blue-filled)" label={say('perMinute')} />
      <Chart points={batch.points} what={p => p.tokensPerSecond} color="var(--mantine-color-teal-filled)" label={say('tokens')} />
      <Chart points={batch.points} what={p => p.queue} color="var(--mantine-color-orange-filled)" label={say('queue')} />
    </section>
  );
};

const Chart = ({ points, what, color, label }: { points: BatchPoint[]; what: (point: BatchPoint) => number; color: string; label: string }) => {
  const values = points.map(what);
  const most = Math.max(1, ...values);
  const line = values.map((v, i) => `${(160 * (120 - values.length + i)) / 119},${31 - (28 * v) / most}`).join(' ');
  return (
    <svg viewBox="0 0 160 34" role="img" aria-label={`${label}: ${values.at(-1) ?? 0}, max ${most}`}>
      <title>{label}</title>
      <line x1="0" x2="160" y1="32" y2="32" stroke="currentColor" strokeOpacity=".3" />
      <polyline points={line} fill="none" stroke={color} strokeWidth="1.6" />
    </svg>
  );
};
