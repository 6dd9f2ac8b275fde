import { ActionIcon, Button, Paper, Progress } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { query, type Status } from './api';
import { useRoute } from './route';
import { useWords, type Say } from './words';

/** Files on their way into the container, four at a time. */
interface Upload { id: number; name: string; file: File; sent: number; state: 'waiting' | 'sending' | 'done' | 'exists' | 'failed'; message?: string; isReplacing: boolean }
const atOnce = 4;
let uploads: Upload[] = [];
let nextId = 1;
let limits: { megabytes: number; say: Say } | null = null;
const watchers = new Set<() => void>();
const change = (id: number, values: Partial<Upload>) => {
  uploads = uploads.map(u => (u.id === id ? { ...u, ...values } : u));
  watchers.forEach(w => w());
};

const send = (upload: Upload) => {
  change(upload.id, { state: 'sending', sent: 0, message: undefined });
  const request = new XMLHttpRequest();
  request.open('PUT', '/api/image' + query({ name: upload.name, replace: upload.isReplacing }));
  request.setRequestHeader('Content-Type', upload.file.type || 'application/octet-stream');
  request.upload.onprogress = e => change(upload.id, { sent: e.loaded });
  request.onloadend = () => {
    const told = ((): { detail?: string; remedy?: string } => {
      try {
        return JSON.parse(request.responseText) as { detail?: string; remedy?: string };
      } catch {
        return {};
      }
    })();
    change(upload.id, request.status === 200 ? { state: 'done', sent: upload.file.size }
      : request.status === 409 ? { state: 'exists' }
      : { state: 'failed', message: told.detail ? `${told.detail} ${told.remedy ?? ''}` : `HTTP ${request.status}` });
    pump();
  };
  request.send(upload.file);
};
const pump = () => {
  for (let free = atOnce - uploads.filter(u => u.state === 'sending').length; free > 0; free--) {
    const next = uploads.find(u => u.state === 'waiting');
    if (!next) {
      return;
    }
    send(next);
  }
};
const isPicture = (name: string) => !name.toLowerCase().endsWith('.json') && name.split('/').every(p => p && !/^[._]/.test(p));
export const add = (files: { name: string; file: File }[]): void => {
  for (const { name, file } of files) {
    const megabytes = file.size / 1e6;
    const fault = !limits ? undefined
      : !isPicture(name) ? limits.say('notPicture')
      : megabytes > limits.megabytes ? limits.say('tooLarge', { mb: megabytes.toFixed(1), limit: limits.megabytes }) : undefined;
    uploads = [...uploads, { id: nextId++, name, file, sent: 0, state: fault ? 'failed' : 'waiting', message: fault, isReplacing: false }];
  }
  watchers.forEach(w => w());
  pump();
};
/** Lets people choose files, or a folder. */
export const choose = (isFolder: boolean): void => {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = isFolder;
  input.onchange = () => add([...(input.files ?? [])].map(file => ({ name: folder() + (file.webkitRelativePath || file.name), file })));
  input.click();
};
const folder = () => new URLSearchParams(location.search).get('folder') ?? '';

const entriesOf = async (entry: FileSystemEntry, path: string): Promise<{ name: string; file: File }[]> => {
  if (entry.isFile) {
    const file = await new Promise<File>((take, fail) => (entry as FileSystemFileEntry).file(take, fail));
    return [{ name: path + entry.name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: { name: string; file: File }[] = [];
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((take, fail) => reader.readEntries(take, fail));
    if (some.length === 0) {
      return found;
    }
    for (const inner of some) {
      found.push(...(await entriesOf(inner, `${path}${entry.name}/`)));
    }
  }
};

export const Uploads = ({ status, isHere }: { status: Status | null; isHere: boolean }) => {
  const { say, tongue } = useWords();
  useRoute();
  const [isOver, setOver] = useState(false);
  const list = useSyncExternalStore(w => { watchers.add(w); return () => { watchers.delete(w); }; }, () => uploads);
  useEffect(() => { limits = status && { megabytes: status.maxMegabytes, say }; }, [status, say]);
  useEffect(() => {
    if (!isHere) {
      return undefined;
    }
    const hasFiles = (e: DragEvent) => [...(e.dataTransfer?.types ?? [])].includes('Files');
    const over = (e: DragEvent) => { if (hasFiles(e)) { e.preventDefault(); setOver(true); } };
    const leave = (e: DragEvent) => { if (!e.relatedTarget) { setOver(false); } };
    const drop = (e: DragEvent) => {
      if (!hasFiles(e) || !e.dataTransfer) {
        return;
      }
      e.preventDefault();
      setOver(false);
      const entries = [...e.dataTransfer.items].map(i => i.webkitGetAsEntry?.()).filter(x => x !== null && x !== undefined);
      const files = [...e.dataTransfer.files];
      if (entries.length) {
        void Promise.all(entries.map(x => entriesOf(x, folder()))).then(all => add(all.flat()), () => add(files.map(file => ({ name: folder() + file.name, file }))));
      } else {
        add(files.map(file => ({ name: folder() + file.name, file })));
      }
    };
    const paste = (e: ClipboardEvent) => {
      const files = [...(e.clipboardData?.files ?? [])];
      if (files.length) {
        e.preventDefault();
        const stamp = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
        add(files.map((file, i) => ({ name: folder() + (file.name === 'image.png' ? `pasted-${stamp}${i ? '-' + i : ''}.png` : file.name), file })));
      }
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, [isHere]);
  const size = list.reduce((sum, u) => sum + (u.state === 'failed' ? 0 : u.file.size), 0);
  const sent = list.reduce((sum, u) => sum + u.sent, 0);
  const number = new Intl.NumberFormat(tongue);
  const isOpen = list.some(u => u.state === 'waiting' || u.state === 'sending');
  return (
    <>
      {isOver && <div className="veil">{say('drop')}</div>}
      {list.length > 0 && (
        <Paper component="section" aria-label={say('uploads')} className="tray" withBorder shadow="md" p="sm">
          <div className="bar">
            <b role="status">{say('uploadAll', { done: number.format(list.filter(u => u.state === 'done').length), total: number.format(list.length) })}</b>
            <span className="grow" />
            <ActionIcon variant="subtle" disabled={isOpen} aria-label={say('close')} onClick={() => { uploads = []; watchers.forEach(w => w()); }}>✕</ActionIcon>
          </div>
          <Progress value={size ? (100 * sent) / size : 100} my={6} aria-label={say('uploads')} />
          <ul tabIndex={0} aria-label={say('uploads')}>
            {list.filter(u => u.state !== 'done').slice(0, 100).map(u => (
              <li key={u.id} data-upload={u.state}>
                {u.name}
                {u.state === 'sending' && <Progress size="xs" value={u.file.size ? (100 * u.sent) / u.file.size : 100} aria-label={u.name} />}
                {u.state === 'exists' && <div>{say('exists')} <span className="bar">
                  <Button size="compact-xs" onClick={() => { change(u.id, { state: 'waiting', isReplacing: true }); pump(); }}>{say('replace')}</Button>
                  <Button size="compact-xs" variant="default" onClick={() => { change(u.id, { state: 'waiting', name: beside(u.name) }); pump(); }}>{say('keepBoth')}</Button></span></div>}
                {u.state === 'failed' && <div role="alert">{u.message} {!u.message?.includes(say('notPicture')) && <Button size="compact-xs" variant="default" onClick={() => { change(u.id, { state: 'waiting' }); pump(); }}>{say('retry')}</Button>}</div>}
              </li>))}
          </ul>
        </Paper>)}
    </>
  );
};

const beside = (name: string): string => {
  const dot = name.lastIndexOf('.');
  const stamp = Date.now().toString(36);
  return dot > name.lastIndexOf('/') ? `${name.slice(0, dot)}~${stamp}${name.slice(dot)}` : `${name}~${stamp}`;
};
