using System.Collections.Concurrent;
using System.Text;
using BlobCaptioner.Engine.Decoding;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Tests.Inference;

/// <summary>
/// A decoder without a model. It keeps the KV cache's books (shared cells, positions, room), fails a test that breaks a rule of
/// <see cref="ISequenceDecoder"/>, and takes its logits from a script that sees the picture's number and the answer so far.
/// </summary>
internal sealed class ScriptedDecoder : ISequenceDecoder
{
    private readonly ScriptedVocabulary _vocabulary;
    private readonly List<Cell>[] _sequences;
    private readonly Dictionary<Cell, int> _sharers = [];
    private readonly Dictionary<int, float[]> _logits = [];
    private int _owner;

    public ScriptedDecoder(ScriptedVocabulary vocabulary, int sequences = 10, int contextTokens = 100_000, int batchTokens = 512)
    {
        _vocabulary = vocabulary;
        _sequences = [.. Enumerable.Range(0, sequences).Select(_ => new List<Cell>())];
        Info = new DecoderInfo
        {
            ModelName = "scripted",
            ModelHash = "00",
            Engine = "script",
            VocabularySize = vocabulary.Size,
            MaxSequences = sequences,
            ContextTokens = contextTokens,
            BatchTokens = batchTokens,
            ImageStartTokens = [vocabulary.Control("<|vision_start|>")],
            ImageEndTokens = [vocabulary.Control("<|vision_end|>")],
        };
    }

    /// <summary>Writes the logits for a picture's next token; set before use.</summary>
    public Action<int, byte[], float[]> Model { get; set; } = (_, _, _) => { };

    /// <summary>Called before each decode of text or image slices, with the number of the call from 1; may block, throw or say that there is no room.</summary>
    public Func<int, DecodeStatus> OnDecode { get; set; } = _ => DecodeStatus.Ok;

    /// <summary>Called with a picture's number before it is encoded.</summary>
    public Action<int> OnEncode { get; set; } = _ => { };

    /// <summary>Each decode call: the sequences of its text tokens or the slices.</summary>
    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>What the answer in the cache was when a sequence was last forgotten or cut back, by picture.</summary>
    public ConcurrentDictionary<int, string> CachedAnswers { get; } = new();

    public int Encoded => _encoded;

    private int _encoded;

    public int MostCells { get; private set; }

    /// <summary>Cells that a range of sequences holds, shared ones counted for each: what is left of pictures that have gone is a leak.</summary>
    public int CellsIn(Range sequences) => _sequences[sequences].Sum(s => s.Count);

    public bool IsDisposed { get; private set; }

    public DecoderInfo Info { get; }

    private StepLimits Limits => new(Info.BatchTokens, Info.MaxSequences, Info.VocabularySize);

    /// <summary>A model that writes a text for each picture: the first token of what is left is the likeliest.</summary>
    public ScriptedDecoder Writing(Func<int, string> text)
    {
        Model = (picture, answer, logits) =>
        {
            var wanted = Encoding.UTF8.GetBytes(text(picture));
            logits[wanted.AsSpan().StartsWith(answer) && wanted.Length > answer.Length ? NextToken(wanted, answer.Length) : _vocabulary.End] = 10;
        };
        return this;
    }

    public int[] Tokenize(string text, bool parseSpecial) => _vocabulary.Tokenize(text, parseSpecial);

    public ReadOnlyMemory<byte> GetTokenBytes(int token) => _vocabulary.Bytes(token);

    public bool IsEndOfGeneration(int token) => token == _vocabulary.End;

    public ChatFrame FormatChat(string system, string user) => new($"{system}<|user|>{user}", "<|end|><|assistant|>");

    public EncodedImage EncodeImage(PixelImage image)
    {
        var picture = image.Rgb.Span[0] | (image.Rgb.Span[1] << 8);
        OnEncode(picture);
        var (columns, rows) = (image.Width / 32, image.Height / 32);
        Interlocked.Increment(ref _encoded);
        return new EncodedImage
        {
            Embeddings = new float[] { picture },
            TokenCount = columns * rows,
            PositionCount = Math.Max(columns, rows),
            RelativePositions = default,
        };
    }

    public DecodeStatus Decode(ReadOnlySpan<TokenEntry> tokens)
    {
        CheckThread();
        Limits.Require(tokens);
        Calls.Enqueue(new Call([.. tokens], []));
        if (IsRefused(tokens.Length, out var status))
        {
            return status;
        }

        _logits.Clear();
        for (var i = 0; i < tokens.Length; i++)
        {
            var entry = tokens[i];
            Add(entry.Sequence, new Cell(entry.Token, null, entry.Position, entry.Position + 1));
            if (entry.WantLogits)
            {
                var logits = new float[Info.VocabularySize];
                var (picture, answer) = Read(entry.Sequence);
                Model(picture, answer, logits);
                _logits[i] = logits;
            }
        }

        return DecodeStatus.Ok;
    }

    public DecodeStatus DecodeImages(ReadOnlySpan<ImageSlice> slices)
    {
        CheckThread();
        var count = Limits.Require(slices);
        Calls.Enqueue(new Call([], [.. slices]));
        if (IsRefused(count, out var status))
        {
            return status;
        }

        foreach (var slice in slices)
        {
            var done = _sequences[slice.Sequence].Count(c => c.Image == slice.Image);
            Check(done == slice.Offset, $"slice at {slice.Offset} after {done} image tokens");
            for (var i = 0; i < slice.Count; i++)
            {
                Add(slice.Sequence, new Cell(-1, slice.Image, slice.StartPosition, slice.StartPosition + slice.Image.PositionCount));
            }
        }

        return DecodeStatus.Ok;
    }

    public ReadOnlySpan<float> GetLogits(int index)
    {
        CheckThread();
        return _logits.TryGetValue(index, out var logits)
            ? logits
            : throw new InvalidOperationException($"Rule broken: logits {index} were not asked for, or another call came between");
    }

    public void Fork(int from, int to)
    {
        CheckThread();
        _logits.Clear();
        Limits.RequireSequence(from);
        Limits.RequireSequence(to);
        Check(_sequences[to].Count == 0, $"sequence {to} is not empty");
        foreach (var cell in _sequences[from])
        {
            _sequences[to].Add(cell);
            _sharers[cell]++;
        }

        Check(from != to && _sequences[from].Count > 0, $"sequence {from}, forked into {to}, holds nothing");
    }

    public void Remove(int sequence, int fromPosition = 0)
    {
        CheckThread();
        _logits.Clear();
        Limits.RequireSequence(sequence);
        var cells = _sequences[sequence];
        var cutImage = cells.Find(c => c.Image is not null && c.Position < fromPosition && c.Next > fromPosition);
        Check(cutImage is null, $"sequence {sequence} was cut at {fromPosition}, within a picture from {cutImage?.Position} to {cutImage?.Next}");
        var (picture, answer) = Read(sequence);
        CachedAnswers[picture] = Encoding.UTF8.GetString(answer);
        while (cells.Count > 0 && cells[^1].Position >= fromPosition)
        {
            if (--_sharers[cells[^1]] == 0)
            {
                _sharers.Remove(cells[^1]);
            }

            cells.RemoveAt(cells.Count - 1);
        }
    }

    public void Dispose() => IsDisposed = true;

    public int NextToken(byte[] wanted, int from)
    {
        var read = 0;
        foreach (var token in _vocabulary.Tokenize(Encoding.UTF8.GetString(wanted), parseSpecial: false))
        {
            if (read == from)
            {
                return token;
            }

            read += _vocabulary.Bytes(token).Length;
        }

        return wanted[from];
    }

    private (int Picture, byte[] Answer) Read(int sequence)
    {
        var cells = _sequences[sequence];
        var start = cells.FindLastIndex(c => c.Token == _vocabulary.Control("<|assistant|>"));
        var picture = cells.Find(c => c.Image is not null)?.Image?.Embeddings.Span[0] ?? -1;
        return ((int)picture, start < 0 ? [] : [.. cells.Skip(start + 1).SelectMany(c => _vocabulary.Bytes(c.Token))]);
    }

    private bool IsRefused(int cells, out DecodeStatus status)
    {
        status = OnDecode(Calls.Count);
        if (status == DecodeStatus.Ok && _sharers.Count + cells > Info.ContextTokens)
        {
            status = DecodeStatus.NoRoom;
        }

        MostCells = Math.Max(MostCells, _sharers.Count + (status == DecodeStatus.Ok ? cells : 0));
        return status != DecodeStatus.Ok;
    }

    private void Add(int sequence, Cell cell)
    {
        var cells = _sequences[sequence];
        var isSameImage = cells.Count > 0 && cell.Image is not null && cells[^1].Image == cell.Image;
        var expected = cells.Count == 0 ? 0 : isSameImage ? cells[^1].Position : cells[^1].Next;
        Check(cell.Position == expected, $"position {cell.Position} in sequence {sequence}, expected {expected}");
        cells.Add(cell);
        _sharers[cell] = 1;
    }

    private void CheckThread()
    {
        var thread = Environment.CurrentManagedThreadId;
        Check(Interlocked.CompareExchange(ref _owner, thread, 0) is 0 || _owner == thread, "the context was used from two threads");
    }

    private static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new SequenceDecoderException("Rule broken: " + message) { IsFatal = true };
        }
    }

    internal sealed record Call(TokenEntry[] Tokens, ImageSlice[] Slices)
    {
        public int[] Sequences => [.. Tokens.Select(t => t.Sequence).Concat(Slices.Select(s => s.Sequence)).Distinct()];
    }

    // Not a record: two cells with the same content are two cells.
    private sealed class Cell(int token, EncodedImage? image, int position, int next)
    {
        public int Token => token;

        public EncodedImage? Image => image;

        public int Position => position;

        public int Next => next;
    }
}
