import { Alert, Button, FileButton, Paper, SegmentedControl, Select, Slider, Textarea, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { asText, get, original, stream, type CaptionRecord, type DraftText, type Fault, type ProfileItem, type Status } from './api';
import { tell } from './tell';
import { label, nameOf, useWords } from './words';

interface Answer { id: number; title: string; texts: DraftText[]; record?: CaptionRecord; fault?: Fault; isRunning: boolean; ms?: number }
let nextId = 1;

/** One picture and a question, or a profile; the answer as it is written. */
export const TryPage = ({ status }: { status: Status | null }) => {
  const { say, tongue } = useWords();
  const [file, setFile] = useState<File | null>(null);
  const [url, setUrl] = useState<string | null>(null);
  const [name, setName] = useState('');
  const pictureId = useRef<string | null>(null);
  const [mode, setMode] = useState('question');
  const [question, setQuestion] = useState('');
  const [profiles, setProfiles] = useState<ProfileItem[]>([]);
  const [profile, setProfile] = useState<string | null>(null);
  const [length, setLength] = useState(600);
  const [temperature, setTemperature] = useState(0.7);
  const [tokens, setTokens] = useState(576);
  const [answers, setAnswers] = useState<Answer[]>([]);
  const running = useRef<AbortController | null>(null);
  const isRunning = answers.some(a => a.isRunning);
  useEffect(() => { get<ProfileItem[]>('/profiles').then(setProfiles, error => tell(say('error'), error)); }, [say]);
  useEffect(() => () => running.current?.abort(), []);
  useEffect(() => {
    pictureId.current = null;
    if (!file) {
      setUrl(name ? original(name) : null);
      return undefined;
    }
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file, name]);
  const take = (taken: File | null) => { if (taken) { setFile(taken); setName(''); } };
  useEffect(() => {
    const over = (e: DragEvent) => { if (e.dataTransfer?.types.includes('Files')) { e.preventDefault(); } };
    const drop = (e: DragEvent) => { if (e.dataTransfer?.files[0]) { e.preventDefault(); take(e.dataTransfer.files[0]); } };
    const paste = (e: ClipboardEvent) => { if (e.clipboardData?.files[0]) { e.preventDefault(); take(e.clipboardData.files[0]); } };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => { removeEventListener('dragover', over); removeEventListener('drop', drop); removeEventListener('paste', paste); };
  }, []);

  const run = async () => {
    const id = nextId++;
    const change = (values: Partial<Answer>) => setAnswers(all => all.map(a => (a.id === id ? { ...a, ...values } : a)));
    setAnswers(all => [{ id, title: mode === 'question' ? question : profile ?? status?.profile ?? '', texts: [], isRunning: true }, ...all]);
    const ask = async (isAgain: boolean): Promise<void> => {
      const form = new FormData();
      if (pictureId.current && !isAgain) {
        form.set('pictureId', pictureId.current);
      } else if (file) {
        form.set('image', file);
      } else {
        form.set('name', name);
      }
      form.set('tokens', String(tokens));
      if (mode === 'question') {
        form.set('question', question);
        form.set('length', String(length));
        form.set('temperature', String(temperature));
      } else if (profile) {
        form.set('profile', profile);
      }
      running.current = new AbortController();
      try {
        await stream('/try', form, (type, data) => {
          if (type === 'prepared') {
            pictureId.current = (data as { pictureId: string }).pictureId;
          } else if (type === 'draft') {
            change({ texts: (data as { texts: DraftText[] }).texts });
          } else if (type === 'done') {
            const { record, ms } = data as { record: CaptionRecord; ms: number };
            change({ record, ms, isRunning: false, fault: record.error ?? undefined });
          } else if (type === 'failed') {
            const fault = data as { code: string; detail: string; remedy: string };
            change({ isRunning: false, fault: { code: fault.code, message: fault.detail, remedy: fault.remedy } });
          }
        }, running.current.signal);
      } catch (error) {
        if (!isAgain && (error as { status?: number }).status === 410) {
          pictureId.current = null;
          await ask(true);
          return;
        }
        change({ isRunning: false });
        tell(say('error'), error);
      }
    };
    await ask(false);
    change({ isRunning: false });
  };

  // By the last answer: looking grows with the picture's tokens, writing with the characters.
  const last = answers.find(a => a.record?.status === 'described')?.record;
  const chosen = profiles.find(p => p.name === (profile ?? status?.profile));
  const most = mode === 'question' ? length : (chosen?.fields ?? []).filter(f => !f.isAttribute).reduce((sum, f) => sum + (f.maxCharacters ?? 0) * (f.maxItems ?? 1), 0) * Math.max(1, chosen?.languages.length ?? 1);
  const estimate = last && last.generation.outputTokens > 0 && last.generation.imageTokens > 0
    ? ((last.generation.encodeMs + last.generation.prefillMs) * (tokens / last.generation.imageTokens) + (last.generation.decodeMs / last.generation.outputTokens) * (most / 4)) / 1000
    : null;
  const number = new Intl.NumberFormat(tongue, { maximumFractionDigits: 1 });
  const seconds = (ms: number) => new Intl.NumberFormat(tongue, { maximumFractionDigits: 2 }).format(ms / 1000);
  const canRun = (file !== null || name !== '') && (mode !== 'question' || question.trim() !== '') && !isRunning;
  return (
    <div className="sheet">
      <h1 style={{ fontSize: 20, margin: '0 0 4px' }}>{say('try')}</h1>
      <p style={{ marginTop: 0 }}>{say('tryLead')}</p>
      {status && !status.model && <Alert color="orange" mb="md">{say('noModel')}</Alert>}
      <div className="two">
        <section aria-label={say('choosePicture')}>
          <div className="bar">
            <FileButton accept="image/*" onChange={take}>{props => <Button {...props} size="sm">{say('choosePicture')}</Button>}</FileButton>
            <TextInput size="sm" aria-label={say('orName')} placeholder={say('orName')} value={name} onChange={e => { setName(e.currentTarget.value); setFile(null); }} style={{ flex: 1, minWidth: 180 }} />
          </div>
          {url && <div className="large" style={{ marginTop: 10, position: 'static' }}><img src={url} alt={file?.name ?? name} /></div>}
          <SegmentedControl mt="md" fullWidth value={mode} onChange={setMode} aria-label={say('mode')} data={[{ value: 'question', label: say('freeQuestion') }, { value: 'profile', label: say('byProfile') }]} />
          {mode === 'question'
            ? <Textarea mt="sm" label={say('question')} placeholder={say('askHint')} autosize minRows={2} maxLength={2000} value={question} onChange={e => setQuestion(e.currentTarget.value)}
                onKeyDown={e => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && canRun) { void run(); } }} />
            : <Select mt="sm" label={say('profile')} value={profile ?? status?.profile ?? null} onChange={setProfile} allowDeselect={false} data={profiles.filter(p => !p.problem).map(p => p.name)} />}
          {mode === 'question' && <Setting label={say('length')} value={length} min={50} max={2000} step={50} onChange={setLength} />}
          {mode === 'question' && <Setting label={say('temperature')} value={temperature} min={0} max={2} step={0.1} onChange={setTemperature} />}
          <Setting label={say('budget')} value={tokens} min={64} max={2048} step={32} onChange={setTokens} />
          <div className="bar" style={{ marginTop: 14 }}>
            <Button disabled={!canRun || !status?.model} onClick={() => void run()}>{say(mode === 'question' ? 'run' : 'describe')}</Button>
            {isRunning && <Button variant="default" onClick={() => running.current?.abort()}>{say('stop')}</Button>}
            {estimate !== null && <span className="under">{say('estimate', { s: number.format(estimate) })}</span>}
          </div>
        </section>
        <section aria-label={say('answer')} aria-live="polite" aria-busy={isRunning}>
          {answers.map(a => (
            <Paper key={a.id} withBorder p="sm" mb="sm" data-testid="answer">
              <b style={{ overflowWrap: 'anywhere' }}>{a.title}</b>
              {a.fault && <Alert color="red" mt="xs" title={a.fault.code}>{a.fault.message} {a.fault.remedy}</Alert>}
              {a.record && !a.fault ? <Result record={a.record} /> : <div className={a.isRunning ? 'draft' : ''}>{a.texts.map(t => <div key={`${t.language}/${t.field}`}>{t.field === 'answer' ? '' : <b>{label(t.field)}{t.language ? ` (${t.language})` : ''} </b>}{t.text}</div>)}</div>}
              {a.record && !a.fault && <div className="under" style={{ marginTop: 6 }}>
                {say('took', { total: seconds(a.ms ?? a.record.generation.totalMs), encode: seconds(a.record.generation.encodeMs), prefill: seconds(a.record.generation.prefillMs), decode: seconds(a.record.generation.decodeMs), tokens: a.record.generation.outputTokens })}
                {a.record.generation.encodeMs < 2 ? ' ' + say('reused') : ''}
              </div>}
            </Paper>))}
        </section>
      </div>
    </div>
  );
};

const Setting = (props: { label: string; value: number; min: number; max: number; step: number; onChange: (value: number) => void }) => (
  <div style={{ marginTop: 12 }}>
    <div style={{ fontSize: 14 }}>{props.label}: <b>{props.value}</b></div>
    <Slider {...props} label={null} thumbLabel={props.label} thumbProps={{ 'aria-label': props.label }} />
  </div>);

export const Result = ({ record }: { record: CaptionRecord }) => {
  const { say, tongue } = useWords();
  return (
    <div>
      {record.error && <Alert color="red" title={record.error.code}>{record.error.message} {record.error.remedy}</Alert>}
      {Object.entries(record.copy).map(([language, texts]) => (
        <div key={language} lang={language === 'und' ? undefined : language}>
          {language !== 'und' && Object.keys(record.copy).length > 1 && <b>{nameOf(language, tongue)}</b>}
          {Object.entries(texts).map(([field, value]) => <div key={field} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{field === 'answer' ? '' : <b>{label(field)}: </b>}{Array.isArray(value) ? value.join(' · ') : value}</div>)}
        </div>))}
      {Object.entries(record.attributes).map(([field, a]) => <div key={field}><b>{label(field)}: </b>{asText(a.value).replaceAll('\n', ', ') || say('unknown')} <span className="under" style={{ display: 'inline' }}>{say(a.evidence)}{a.confidence != null ? `, ${say('confidence', { n: Math.round(a.confidence * 100) })}` : ''}</span></div>)}
      {record.flags.length > 0 && <div className="under">{record.flags.map(f => <code key={f}>{f}</code>)}</div>}
    </div>);
};
