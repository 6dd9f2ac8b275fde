import { ActionIcon, Select, TextInput, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { get, person, type Status } from './api';
import { BatchStrip } from './batch';
import { ExportPage } from './exportPage';
import { Gallery } from './gallery';
import { begin, useLive } from './live';
import { ProfilesPage } from './profiles';
import { RecordPage } from './record';
import { follow, useRoute } from './route';
import { tell } from './tell';
import { TryPage } from './tryPage';
import { Uploads } from './uploads';
import { firstTongue, sayIn, tongues, useWords, Words, type Tongue } from './words';

export const App = () => {
  const [tongue, setTongue] = useState<Tongue>(firstTongue);
  const words = useMemo(() => ({ say: sayIn(tongue), tongue }), [tongue]);
  useEffect(() => {
    document.documentElement.lang = tongue;
    localStorage.setItem('tongue', tongue);
  }, [tongue]);
  return <Words value={words}><Frame onTongue={setTongue} /></Words>;
};

const Frame = ({ onTongue }: { onTongue: (tongue: Tongue) => void }) => {
  const { say, tongue } = useWords();
  const { path } = useRoute();
  const [status, setStatus] = useState<Status | null>(null);
  const { isOpen } = useLive();
  const main = useRef<HTMLElement>(null);
  useEffect(() => { get<Status>('/status').then(found => { setStatus(found); begin(found.batch); }, error => tell(say('error'), error)); }, [isOpen, say]);
  const [page, word] = path === '/record' ? ['record', 'gallery'] as const : path === '/try' ? ['try', 'try'] as const : path === '/profiles' ? ['profiles', 'profiles'] as const
    : path === '/export' ? ['export', 'export'] as const : ['gallery', 'gallery'] as const;
  useEffect(() => { document.title = `${say(word)} – BlobCaptioner`; }, [word, say]);
  return (
    <div className="page">
      <a className="skip" href="#main" onClick={e => { e.preventDefault(); main.current?.focus(); }}>{say('skip')}</a>
      <header className="head">
        <strong>BlobCaptioner</strong>
        <nav aria-label={say('menu')}>
          {([['/', 'gallery'], ['/try', 'try'], ['/profiles', 'profiles'], ['/export', 'export']] as const).map(([to, name]) =>
            <a key={to} href={to} onClick={follow} aria-current={name === word ? 'page' : undefined}>{say(name)}</a>)}
        </nav>
        <span className="grow" />
        {!status?.person && <Person />}
        {status?.person && <span>{status.person}</span>}
        <Select aria-label={say('language')} size="xs" w={110} allowDeselect={false} value={tongue} onChange={v => onTongue(v as Tongue)}
          data={Object.entries(tongues).map(([value, label]) => ({ value, label }))} />
        <Theme />
        <a href="/openapi">{say('api')}</a>
      </header>
      {!isOpen && <div role="status" className="strip">{say('offline')}</div>}
      <main id="main" ref={main} tabIndex={-1}>
        {page === 'gallery' && <Gallery status={status} />}
        {page === 'record' && <RecordPage />}
        {page === 'try' && <TryPage status={status} />}
        {page === 'profiles' && <ProfilesPage status={status} />}
        {page === 'export' && <ExportPage status={status} />}
      </main>
      <BatchStrip />
      <Uploads status={status} isHere={page === 'gallery' || page === 'record' || page === 'export'} />
    </div>
  );
};

const Person = () => {
  const { say } = useWords();
  const [name, setName] = useState(person() ?? '');
  return <TextInput size="xs" w={130} maxLength={80} aria-label={say('you')} title={say('youWhy')} placeholder={say('you')} value={name}
    onChange={e => { setName(e.currentTarget.value); localStorage.setItem('person', e.currentTarget.value.trim()); }} />;
};

const Theme = () => {
  const { say } = useWords();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  return (
    <ActionIcon variant="default" aria-label={say('theme')} onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" /><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" /></svg>
    </ActionIcon>
  );
};
