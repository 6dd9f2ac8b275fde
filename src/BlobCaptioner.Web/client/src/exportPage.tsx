import { Alert, Button, Select, Switch, Table, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { get, query, type ExportPreview, type Facets, type Status } from './api';
import { tell } from './tell';
import { nameOf, useWords } from './words';

/** Cells of CSV or TSV, as RFC 4180 has it. */
const cells = (text: string, separator: string): string[][] => {
  const rows: string[][] = [[]];
  let cell = '';
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (isQuoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (c === '"') {
        isQuoted = false;
      } else {
        cell += c;
      }
    } else if (c === '"' && cell === '') {
      isQuoted = true;
    } else if (c === separator || c === '\n') {
      rows.at(-1)!.push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') {
        rows.push([]);
      }
    } else {
      cell += c;
    }
  }
  if (cell !== '') {
    rows.at(-1)!.push(cell);
  }
  return rows.filter(r => r.length > 1 || (r[0] ?? '') !== '');
};

/** A file for a shop, with its first rows. */
export const ExportPage = ({ status }: { status: Status | null }) => {
  const { say, tongue } = useWords();
  const [format, setFormat] = useState('csv');
  const [language, setLanguage] = useState<string | null>(null);
  const [isApproved, setApproved] = useState(false);
  const [folder, setFolder] = useState<string | null>(null);
  const [baseUrl, setBaseUrl] = useState('');
  const [facets, setFacets] = useState<Facets | null>(null);
  const [preview, setPreview] = useState<ExportPreview | null>(null);
  const asked = query({ format, language, approved: isApproved || undefined, folder, baseUrl });
  const [settled] = useDebouncedValue(asked, 250);
  useEffect(() => { get<Facets>('/facets').then(setFacets, error => tell(say('error'), error)); }, [say]);
  useEffect(() => {
    const abort = new AbortController();
    get<ExportPreview>('/export/preview' + settled, abort.signal).then(setPreview, error => { setPreview(null); tell(say('error'), error); });
    return () => abort.abort();
  }, [settled, say]);
  const rows = preview && ['csv', 'shopify', 'woocommerce', 'amazon'].includes(format) ? cells(preview.text, format === 'amazon' ? '\t' : ',') : null;
  const told = (counts: Record<string, number>) => Object.entries(counts).map(([what, n]) => `${what} ${n}`).join(', ');
  return (
    <div className="sheet">
      <h1 style={{ fontSize: 20, margin: '0 0 8px' }}>{say('export')}</h1>
      <div className="bar" style={{ alignItems: 'end', gap: 12 }}>
        <Select label={say('format')} allowDeselect={false} value={format} onChange={v => setFormat(v!)} data={status?.exportFormats ?? ['csv']} />
        <Select label={say('copyLanguage')} clearable placeholder={say('firstLanguage')} value={language} onChange={setLanguage} data={Object.keys(facets?.languages ?? {}).map(l => ({ value: l, label: nameOf(l, tongue) }))} />
        <Select label={say('folder')} clearable searchable placeholder={say('all')} value={folder} onChange={setFolder} data={Object.keys(facets?.folders ?? {}).filter(Boolean)} />
        <TextInput label={say('baseUrl')} placeholder="https://shop.example/images" value={baseUrl} onChange={e => setBaseUrl(e.currentTarget.value)} style={{ minWidth: 240 }} />
        <Switch label={say('approvedOnly')} checked={isApproved} onChange={e => setApproved(e.currentTarget.checked)} mb={8} />
        <Button component="a" href={'/api/export' + asked} download>{say('download')}</Button>
      </div>
      <h2 style={{ fontSize: 16 }}>{say('firstRows')}</h2>
      {preview && Object.keys(preview.skipped).length > 0 && <Alert p="xs" mb="xs" variant="outline">{say('skipped', { x: told(preview.skipped) })}</Alert>}
      {preview && Object.keys(preview.warnings).length > 0 && <Alert p="xs" mb="xs" color="orange" variant="outline">{say('warnings', { x: told(preview.warnings) })}</Alert>}
      {preview && preview.items === 0 && <p>{say('nothing')}</p>}
      {preview && preview.items > 0 && (rows
        ? <div className="scroll" tabIndex={0} role="region" aria-label={say('firstRows')} data-testid="rows"><Table striped withTableBorder withColumnBorders fz="xs">
            <Table.Thead><Table.Tr>{rows[0]!.map((c, i) => <Table.Th key={i} scope="col">{c}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>{rows.slice(1).map((r, i) => <Table.Tr key={i}>{r.map((c, j) => <Table.Td key={j} title={c}>{c}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
          </Table></div>
        : <pre className="text" tabIndex={0} data-testid="rows">{preview.text}</pre>)}
    </div>
  );
};
