import { Alert, Badge, Button, NavLink, Table, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, get, query, stream, type CaptionRecord, type Card, type Page, type ProfileItem, type ProfileReport, type Status } from './api';
import { tell } from './tell';
import { Result } from './tryPage';
import { label, useWords } from './words';

/** Profiles: see, copy, edit with a check as one types, preview beside what is stored. */
export const ProfilesPage = ({ status }: { status: Status | null }) => {
  const { say } = useWords();
  const [profiles, setProfiles] = useState<ProfileItem[]>([]);
  const [name, setName] = useState<string | null>(null);
  const [stored, setStored] = useState('');
  const [json, setJson] = useState('');
  const [settled] = useDebouncedValue(json, 400);
  const [report, setReport] = useState<ProfileReport | null>(null);
  const [copyName, setCopyName] = useState('');
  const load = useCallback(() => get<ProfileItem[]>('/profiles').then(found => { setProfiles(found); setName(n => n ?? found[0]?.name ?? null); }, error => tell(say('error'), error)), [say]);
  useEffect(() => { void load(); }, [load]);
  // The profile whose text is on the page: a copy is there already, and reading it again would overwrite what is typed meanwhile.
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (name && name !== shown.current) {
      shown.current = name;
      get<{ json: string }>('/profile' + query({ name })).then(found => { setStored(found.json); setJson(found.json); }, error => tell(say('error'), error));
    }
  }, [name, say]);
  useEffect(() => {
    if (settled) {
      const abort = new AbortController();
      call<ProfileReport>('POST', '/profile/check', { json: settled }, abort.signal).then(setReport, error => tell(say('error'), error));
      return () => abort.abort();
    }
    return undefined;
  }, [settled, say]);
  const item = profiles.find(p => p.name === name);
  const save = async (as: string, text: string) => {
    try {
      await call('PUT', '/profile' + query({ name: as }), { json: text });
      notifications.show({ message: say('saved') });
      await load();
      shown.current = as;
      setName(as);
      setStored(text);
      setJson(text);
    } catch (error) {
      tell(say('error'), error);
    }
  };
  const copy = () => {
    try {
      void save(copyName, JSON.stringify({ ...(JSON.parse(json) as object), name: copyName }, null, 2));
      setCopyName('');
    } catch (error) {
      tell(say('error'), error);
    }
  };
  return (
    <div className="sheet">
      <h1 style={{ fontSize: 20, margin: '0 0 8px' }}>{say('profiles')}</h1>
      <div className="three">
        <nav aria-label={say('profiles')}>
          {profiles.map(p => <NavLink key={p.name} component="button" type="button" active={p.name === name} aria-current={p.name === name} onClick={() => setName(p.name)} label={p.name}
            description={p.problem ?? p.comment} rightSection={<Badge size="xs" variant="default">{say(p.isBuiltIn ? 'builtIn' : 'own')}</Badge>} />)}
        </nav>
        <div style={{ minWidth: 0 }}>
          {item && <details>
            <summary>{say('fields')} ({item.fields.length})</summary>
            <div className="scroll" tabIndex={0}><Table><Table.Tbody>
              {item.fields.map(f => <Table.Tr key={f.name}><Table.Th scope="row">{label(f.name)}</Table.Th><Table.Td>{f.kind}</Table.Td><Table.Td>{f.maxCharacters ?? ''}{f.maxItems ? ` × ${f.maxItems}` : ''}</Table.Td><Table.Td>{f.values.slice(0, 8).join(', ')}{f.values.length > 8 ? ' …' : ''}</Table.Td></Table.Tr>)}
            </Table.Tbody></Table></div>
          </details>}
          <Textarea mt="sm" aria-label="JSON" autosize minRows={12} maxRows={30} spellCheck={false} value={json} onChange={e => setJson(e.currentTarget.value)} styles={{ input: { fontFamily: 'ui-monospace, monospace', fontSize: 12.5 } }} />
          <div role="status" data-testid="check">
            {report && (report.isSound ? <Alert mt="xs" p="xs" color="green" variant="outline">{say('sound')}</Alert> : <Alert mt="xs" p="xs" color="red" variant="outline"><ul style={{ margin: 0, paddingLeft: 18 }}>{report.problems.map(p => <li key={p}>{p}</li>)}</ul></Alert>)}
          </div>
          <div className="bar" style={{ marginTop: 10 }}>
            <Button disabled={!item || item.isBuiltIn || !report?.isSound || json === stored || json !== settled} onClick={() => void save(item!.name, json)}>{say('save')}</Button>
            <TextInput aria-label={say('newName')} placeholder={say('newName')} value={copyName} onChange={e => setCopyName(e.currentTarget.value)} />
            <Button variant="default" disabled={!/^[a-z0-9-]+$/.test(copyName) || !report?.isSound} onClick={copy}>{say('copyProfile')}</Button>
            {item && !item.isBuiltIn && <Button variant="default" onClick={() => { void call('DELETE', '/profile' + query({ name: item.name })).then(() => { setName(null); return load(); }, error => tell(say('error'), error)); }}>{say('remove')}</Button>}
          </div>
          {status?.model && <Preview stored={stored} edited={json} isSound={report?.isSound === true} />}
          {report?.prompt && <details style={{ marginTop: 12 }}><summary>{say('prompt')}</summary><pre className="text" tabIndex={0}>{report.prompt}</pre></details>}
        </div>
      </div>
    </div>
  );
};

const Preview = ({ stored, edited, isSound }: { stored: string; edited: string; isSound: boolean }) => {
  const { say } = useWords();
  const [pictures, setPictures] = useState<Card[]>([]);
  const [name, setName] = useState('');
  const [results, setResults] = useState<Record<string, CaptionRecord | string>>({});
  const [isRunning, setRunning] = useState(false);
  useEffect(() => { get<Page>('/pictures?limit=200').then(p => { const found = p.items.filter(c => !c.isProduct); setPictures(found); setName(n => n || (found[0]?.name ?? '')); }, () => {}); }, []);
  const run = async () => {
    setRunning(true);
    setResults({});
    for (const [which, json] of [['current', stored], ['changed', edited]] as const) {
      const form = new FormData();
      form.set('name', name);
      form.set('profileJson', json);
      try {
        await stream('/try', form, (type, data) => {
          if (type === 'done') {
            setResults(r => ({ ...r, [which]: (data as { record: CaptionRecord }).record }));
          } else if (type === 'draft') {
            setResults(r => ({ ...r, [which]: (data as { texts: { text: string }[] }).texts.map(t => t.text).join(' · ') }));
          } else if (type === 'failed') {
            setResults(r => ({ ...r, [which]: (data as { detail: string }).detail }));
          }
        }, new AbortController().signal);
      } catch (error) {
        tell(say('error'), error);
      }
    }
    setRunning(false);
  };
  return (
    <section aria-label={say('preview')} style={{ marginTop: 14 }}>
      <div className="bar">
        <label>{say('previewOn')} <input list="pictures" value={name} onChange={e => setName(e.currentTarget.value)} style={{ padding: 5, minWidth: 220 }} /></label>
        <datalist id="pictures">{pictures.map(p => <option key={p.name} value={p.name} />)}</datalist>
        <Button variant="default" disabled={!isSound || !name || isRunning} onClick={() => void run()}>{say('preview')}</Button>
      </div>
      {Object.keys(results).length > 0 && <div className="two" style={{ marginTop: 10 }} data-testid="preview">
        {([['current', 'current'], ['changed', 'changedProfile']] as const).map(([which, title]) => (
          <div key={which} style={{ minWidth: 0 }}><h2 style={{ fontSize: 15 }}>{say(title)}</h2>{typeof results[which] === 'string' ? <div className="draft">{results[which]}</div> : results[which] ? <Result record={results[which]} /> : say('loading')}</div>))}
      </div>}
    </section>
  );
};
