import { createContext, useContext } from 'react';

/** The page's words: English, German, Chinese. `{x}` is filled in. */
const all = {
  gallery: ['Pictures', 'Bilder', '图片'], try: ['Try', 'Ausprobieren', '试用'], profiles: ['Profiles', 'Profile', '配置'], export: ['Export', 'Exportieren', '导出'],
  skip: ['Skip to content', 'Zum Inhalt', '跳到内容'], menu: ['Pages', 'Seiten', '页面'], theme: ['Light or dark', 'Hell oder dunkel', '浅色或深色'], language: ['Language', 'Sprache', '语言'],
  you: ['Your name', 'Ihr Name', '您的姓名'], youWhy: ['Signs your edits', 'Unterschreibt Ihre Änderungen', '用于署名您的修改'],
  all: ['All', 'Alle', '全部'], waiting: ['Waiting', 'Wartet', '等待中'], preparing: ['Preparing', 'Wird vorbereitet', '准备中'], writing: ['Writing', 'Wird geschrieben', '撰写中'],
  described: ['Described', 'Beschrieben', '已描述'], approved: ['Approved', 'Freigegeben', '已批准'], declined: ['Declined', 'Abgelehnt', '已驳回'], rejected: ['Not usable', 'Nicht verwendbar', '无法使用'],
  failed: ['Failed', 'Fehlgeschlagen', '失败'], search: ['Search words', 'Wörter suchen', '搜索'], filter: ['Filter', 'Filter', '筛选'], folder: ['Folder', 'Ordner', '文件夹'], flag: ['Flag', 'Hinweis', '标记'],
  copyLanguage: ['Copy in', 'Text auf', '文案语言'], sort: ['Order', 'Reihenfolge', '排序'], byName: ['By name', 'Nach Namen', '按名称'], newest: ['Newest first', 'Neueste zuerst', '最新优先'],
  count: ['{n} pictures', '{n} Bilder', '{n} 张图片'], none: ['No pictures here.', 'Keine Bilder hier.', '没有图片。'],
  noneWhy: ['Drop files or a folder anywhere on this page, or paste a picture.', 'Ziehen Sie Dateien oder einen Ordner irgendwo auf diese Seite, oder fügen Sie ein Bild ein.', '将文件或文件夹拖到页面任意位置，或粘贴图片。'],
  noneFilter: ['Nothing matches the filter.', 'Nichts passt zum Filter.', '没有符合筛选条件的内容。'], clear: ['Clear filter', 'Filter löschen', '清除筛选'], add: ['Add pictures', 'Bilder hinzufügen', '添加图片'], addFolder: ['Add a folder', 'Ordner hinzufügen', '添加文件夹'],
  product: ['Product', 'Produkt', '商品'], edited: ['Edited', 'Geändert', '已修改'], flags: ['{n} flags', '{n} Hinweise', '{n} 个标记'], drop: ['Drop to upload', 'Zum Hochladen ablegen', '松开以上传'],
  uploads: ['Uploads', 'Uploads', '上传'], uploadAll: ['{done} of {total} uploaded', '{done} von {total} hochgeladen', '已上传 {done} / {total}'], done: ['Done', 'Fertig', '完成'], close: ['Close', 'Schließen', '关闭'],
  exists: ['A picture of this name is there already.', 'Ein Bild dieses Namens ist schon da.', '已存在同名图片。'], replace: ['Replace', 'Ersetzen', '替换'], keepBoth: ['Keep both', 'Beide behalten', '保留两者'], retry: ['Try again', 'Noch einmal', '重试'],
  tooLarge: ['{mb} MB; the limit is {limit} MB. Export it smaller.', '{mb} MB; erlaubt sind {limit} MB. Speichern Sie es kleiner.', '{mb} MB；上限为 {limit} MB。请导出较小的文件。'],
  notPicture: ['Not a picture: files that end in .json or begin with . or _ are left out.', 'Kein Bild: Dateien, die auf .json enden oder mit . oder _ beginnen, bleiben aus.', '不是图片：以 .json 结尾或以 . 或 _ 开头的文件会被忽略。'],
  queue: ['In the queue', 'In der Warteschlange', '队列中'], perMinute: ['Pictures a minute', 'Bilder pro Minute', '每分钟图片'], tokens: ['Tokens a second', 'Tokens pro Sekunde', '每秒词元'], left: ['Time left', 'Restzeit', '剩余时间'],
  lastMinutes: ['The last ten minutes', 'Die letzten zehn Minuten', '最近十分钟'], poison: ['Given up', 'Aufgegeben', '已放弃'],
  paused: ['Paused until 00:00 UTC.', 'Pausiert bis 00:00 UTC.', '暂停至 UTC 00:00。'], resume: ['Go on now', 'Jetzt weitermachen', '立即继续'],
  offline: ['No connection to the server; it is tried again.', 'Keine Verbindung zum Server; es wird weiter versucht.', '与服务器断开，正在重试。'],
  back: ['Back to the pictures', 'Zurück zu den Bildern', '返回图片'], next: ['Next', 'Nächstes', '下一张'], previous: ['Previous', 'Voriges', '上一张'], approve: ['Approve', 'Freigeben', '批准'], decline: ['Reject', 'Ablehnen', '驳回'], reopen: ['Open again', 'Wieder öffnen', '重新打开'],
  undoWhy: ['Takes back what you did last, on this picture or another', 'Nimmt zurück, was Sie zuletzt getan haben, auf diesem Bild oder einem anderen', '撤销您最近的一步操作，无论在哪张图片上'],
  undone: ['Undone: {x}', 'Rückgängig gemacht: {x}', '已撤销：{x}'], nothingToUndo: ['Nothing to undo.', 'Nichts rückgängig zu machen.', '没有可撤销的操作。'],
  notUndone: ['Not undone: {x} was changed since.', 'Nicht rückgängig gemacht: {x} wurde inzwischen geändert.', '未撤销：{x} 之后已被更改。'],
  undo: ['Undo', 'Rückgängig', '撤销'], redo: ['Write anew', 'Neu schreiben', '重写'], redoField: ['Write anew: {x}', 'Neu schreiben: {x}', '重写：{x}'], redoLanguage: ['Everything in {x}', 'Alles auf {x}', '{x} 的全部内容'], redoAll: ['Everything', 'Alles', '全部'],
  redoAs: ['With another profile', 'Mit anderem Profil', '使用其他配置'], redoing: ['It is written anew; what you changed stays.', 'Es wird neu geschrieben; was Sie geändert haben, bleibt.', '正在重写；您的修改会保留。'],
  attributes: ['Attributes', 'Merkmale', '属性'], copy: ['Copy', 'Texte', '文案'], seen: ['seen', 'gesehen', '看到'], read: ['read', 'gelesen', '读到'], supplied: ['supplied', 'vorgegeben', '提供'], unknown: ['unknown', 'unbekannt', '未知'],
  confidence: ['{n} % sure', '{n} % sicher', '{n}% 置信'], byPerson: ['{who}, {when}', '{who}, {when}', '{who}，{when}'], somebody: ['Somebody', 'Jemand', '某人'], modelSaid: ['The model wrote: {x}', 'Das Modell schrieb: {x}', '模型写的是：{x}'], takeBack: ['Take the model’s', 'Text des Modells nehmen', '采用模型文本'],
  characters: ['{n} of {max}', '{n} von {max}', '{n} / {max}'], itemsHint: ['One a line', 'Eines pro Zeile', '每行一项'], items: ['{n} of {max} items', '{n} von {max} Einträgen', '{n} / {max} 项'], save: ['Save', 'Speichern', '保存'], saved: ['Saved', 'Gespeichert', '已保存'], unsaved: ['Not saved yet', 'Noch nicht gespeichert', '尚未保存'],
  story: ['What happened, and what comes next', 'Was geschah und was kommt', '经过与下一步'],
  receipt: ['How it was made', 'Wie es entstand', '生成信息'], raw: ['Raw JSON', 'JSON', '原始 JSON'], noRecord: ['Not described yet. It appears here as it is written.', 'Noch nicht beschrieben. Hier erscheint es, während es geschrieben wird.', '尚未描述。撰写时会显示在这里。'],
  conflict: ['{who} changed this meanwhile. What you wrote is still here.', '{who} hat das inzwischen geändert. Was Sie geschrieben haben, ist noch da.', '{who} 刚刚修改了此内容。您的内容仍保留在此。'], theirs: ['Theirs: {x}', 'Von dort: {x}', '对方：{x}'], keepMine: ['Keep mine', 'Meines behalten', '保留我的'], takeTheirs: ['Take theirs', 'Anderes nehmen', '采用对方的'],
  changedSince: ['The record was changed since you opened it. Look again, then decide.', 'Der Eintrag wurde geändert, seit Sie ihn geöffnet haben. Sehen Sie noch einmal hin.', '记录在您打开后已更改，请再次查看后决定。'], keys: ['Keys', 'Tasten', '快捷键'],
  keysText: ['A approve and next · X reject and next · N or → next · P or ← previous · E edit · U undo your last step · R write anew · 1–9 language · Esc leave a field, then back · Ctrl+Enter save, approve and next', 'A freigeben und weiter · X ablehnen und weiter · N oder → nächstes · P oder ← voriges · E ändern · U Ihren letzten Schritt rückgängig · R neu schreiben · 1–9 Sprache · Esc Feld verlassen, dann zurück · Strg+Enter speichern, freigeben und weiter', 'A 批准并下一张 · X 驳回并下一张 · N 或 → 下一张 · P 或 ← 上一张 · E 编辑 · U 撤销您的上一步 · R 重写 · 1–9 语言 · Esc 离开字段，再返回 · Ctrl+Enter 保存、批准并下一张'],
  last: ['That was the last one.', 'Das war das letzte.', '已是最后一张。'], views: ['Views of {x}', 'Ansichten von {x}', '{x} 的视图'], pinned: ['chosen by a person', 'von einer Person gewählt', '由人工选择'],
  tryLead: ['Nothing is stored here.', 'Hier wird nichts gespeichert.', '此处不会保存任何内容。'], choosePicture: ['Choose a picture', 'Bild wählen', '选择图片'], orName: ['or the name of one in the container', 'oder der Name eines Bildes im Container', '或容器中图片的名称'], question: ['Question', 'Frage', '问题'], askHint: ['What is the handle made of?', 'Woraus ist der Griff?', '把手是什么材质的？'],
  mode: ['What to write', 'Was geschrieben wird', '写什么'], freeQuestion: ['A free question', 'Eine freie Frage', '自由提问'], byProfile: ['A profile', 'Ein Profil', '配置'], profile: ['Profile', 'Profil', '配置'], length: ['Longest answer, characters', 'Längste Antwort, Zeichen', '最长回答（字符）'], temperature: ['Temperature', 'Temperatur', '温度'], budget: ['Pixel budget, image tokens', 'Pixelbudget, Bild-Tokens', '像素预算（图像词元）'],
  run: ['Ask', 'Fragen', '提问'], describe: ['Describe', 'Beschreiben', '描述'], stop: ['Stop', 'Anhalten', '停止'], answer: ['Answer', 'Antwort', '回答'], took: ['{total} s: looking {encode}, reading {prefill}, writing {decode}; {tokens} tokens', '{total} s: ansehen {encode}, lesen {prefill}, schreiben {decode}; {tokens} Tokens', '{total} 秒：看图 {encode}，读取 {prefill}，撰写 {decode}；{tokens} 个词元'], reused: ['The picture was looked at before: no time for that.', 'Das Bild war schon angesehen: dafür keine Zeit.', '图片已看过：无需再次编码。'],
  estimate: ['About {s} s with these settings, by the last answer', 'Etwa {s} s mit diesen Einstellungen, nach der letzten Antwort', '按上次回答估计，此设置约需 {s} 秒'], noModel: ['This server has no model; only pages for looking and editing work.', 'Dieser Server hat kein Modell; nur Ansehen und Ändern gehen.', '此服务器没有模型，仅可查看和编辑。'],
  builtIn: ['built in', 'eingebaut', '内置'], own: ['your own', 'eigenes', '自定义'], copyProfile: ['Copy', 'Kopieren', '复制'], newName: ['Name of the copy', 'Name der Kopie', '副本名称'], remove: ['Delete', 'Löschen', '删除'], sound: ['It can be used.', 'Es ist verwendbar.', '可以使用。'], prompt: ['What the model is asked', 'Was das Modell gefragt wird', '给模型的提示'], preview: ['Preview', 'Vorschau', '预览'], previewOn: ['Preview on a picture', 'Vorschau an einem Bild', '在图片上预览'], current: ['As stored', 'Wie gespeichert', '当前保存的'], changedProfile: ['As edited', 'Wie geändert', '修改后的'], fields: ['Fields', 'Felder', '字段'],
  format: ['Format', 'Format', '格式'], approvedOnly: ['Approved only', 'Nur Freigegebenes', '仅已批准'], baseUrl: ['Address of the pictures', 'Adresse der Bilder', '图片地址'], download: ['Download', 'Herunterladen', '下载'], firstRows: ['The first rows', 'Die ersten Zeilen', '前几行'], skipped: ['Left out: {x}', 'Ausgelassen: {x}', '略过：{x}'], warnings: ['Look at: {x}', 'Bitte ansehen: {x}', '请注意：{x}'], nothing: ['No rows.', 'Keine Zeilen.', '没有数据。'], firstLanguage: ['First of each', 'Jeweils die erste', '各自的第一种'],
  error: ['That did not work', 'Das ging nicht', '操作失败'], api: ['API', 'API', 'API'], loading: ['Loading', 'Lädt', '加载中'], reading: ['The container is being listed; there may be more.', 'Der Container wird noch gelesen; es können mehr werden.', '正在列出容器，可能还有更多。'], yes: ['yes', 'ja', '是'], no: ['no', 'nein', '否'], large: ['Original size', 'Originalgröße', '原始大小'],
  flagCut: ['The text reached its limit and was cut.', 'Der Text erreichte seine Grenze und wurde gekürzt.', '文本达到上限并被截断。'], flagLoop: ['The text repeated itself.', 'Der Text wiederholte sich.', '文本出现重复。'], flagEcho: ['The text repeats the instructions.', 'Der Text wiederholt die Anweisung.', '文本重复了指令。'], flagScript: ['The text is in another script.', 'Der Text ist in einer anderen Schrift.', '文本使用了其他文字。'], flagBanned: ['The text has a word that must not be there.', 'Der Text hat ein unerwünschtes Wort.', '文本包含禁用词。'], flagEmpty: ['The model wrote nothing.', 'Das Modell schrieb nichts.', '模型未写任何内容。'], flagLow: ['The model was not sure; the value was left unknown.', 'Das Modell war nicht sicher; der Wert blieb unbekannt.', '模型不确定；该值保持未知。'], flagConflict: ['The picture seems to show something else than the catalogue says.', 'Das Bild scheint anderes zu zeigen, als der Katalog sagt.', '图片内容似乎与目录不符。'],
} as const;

export type Word = keyof typeof all;
export type Tongue = 'en' | 'de' | 'zh';
export const tongues: Record<Tongue, string> = { en: 'English', de: 'Deutsch', zh: '中文' };
export const firstTongue = (): Tongue => {
  const stored = localStorage.getItem('tongue');
  const wanted = [stored, ...navigator.languages].map(l => l?.slice(0, 2));
  return (wanted.find(l => l && l in tongues) as Tongue | undefined) ?? 'en';
};
export type Say = (word: Word, values?: Record<string, string | number>) => string;
export const sayIn = (tongue: Tongue): Say => {
  const column = Object.keys(tongues).indexOf(tongue);
  return (word, values) => (all[word][column] ?? all[word][0]).replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
};
export const Words = createContext<{ say: Say; tongue: Tongue }>({ say: sayIn('en'), tongue: 'en' });
export const useWords = () => useContext(Words);
/** Names of languages as people say them. */
export const nameOf = (tag: string, tongue: Tongue): string => {
  try {
    return new Intl.DisplayNames([tongue], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
};
const explained: [string, Word][] = [['cut', 'flagCut'], ['loop', 'flagLoop'], ['echo', 'flagEcho'], ['wrong-script', 'flagScript'], ['banned-word', 'flagBanned'], ['empty', 'flagEmpty'], ['low-confidence', 'flagLow'], ['conflict', 'flagConflict']];
export const explain = (flag: string, say: Say): string => {
  const found = explained.find(([end]) => flag.endsWith('-' + end));
  return found ? say(found[1]) : flag;
};
export const label = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1).replaceAll('_', ' ');
