using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Answers;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;

namespace BlobCaptioner.Inference.Batching;

/// <summary>A picture, or the views of a product, from its submission to its caption.</summary>
internal sealed class Picture
{
    // Callers must not run on the decode thread.
    private readonly TaskCompletionSource<Caption> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ulong _seed;
    private readonly List<SectionAnswer> _languages = [];
    private TokenSampler _sampler = null!;
    private long _admittedAt;
    private long _firstTokenAt;

    /// <summary>Tokenizes the facts, on the caller's thread.</summary>
    public Picture(CaptionRequest request, DecodingPlan plan, IReadOnlyList<PixelImage> pixels, long submittedAt)
    {
        (Request, Plan, Pixels, SubmittedAt) = (request, plan, pixels, submittedAt);
        Suffix = plan.SuffixTokensFor(request.Facts);
        _seed = request.Seed;
    }

    public CaptionRequest Request { get; }

    public DecodingPlan Plan { get; }

    /// <summary>The pixels of each view, in the order in which the model sees them.</summary>
    public IReadOnlyList<PixelImage> Pixels { get; }

    public long SubmittedAt { get; }

    public string Name => Request.Images[0].Name;

    /// <summary>Tokens between the last view and the answer, the facts among them.</summary>
    public IReadOnlyList<int> Suffix { get; }

    /// <summary>The embeddings of each view. The encode thread sets them before the decode thread sees the picture.</summary>
    public IReadOnlyList<EncodedImage> Encoded { get; set; } = [];

    public TimeSpan EncodeTime { get; set; }

    /// <summary>True if no view went through the vision tower.</summary>
    public bool IsEncodingReused { get; set; }

    /// <summary>Places of the encode thread that it takes, one for each view.</summary>
    public int Places { get; set; }

    /// <summary>KV cache cells that it is promised, without the shared prefix. Known once it is encoded.</summary>
    public int Cells => Plan.CellsFor(Encoded.Sum(i => i.TokenCount) + BetweenTokens, Suffix.Count);

    /// <summary>The caption, or the error, for the caller.</summary>
    public Task<Caption> Completion => _completion.Task;

    /// <summary>True once the caller has an answer or an error, or has given up.</summary>
    public bool IsCompleted => _completion.Task.IsCompleted;

    /// <summary>The decoded prompt that its sequences share. Set by <see cref="Begin"/>, as all that follows.</summary>
    public PromptPrefix Prefix { get; private set; } = null!;

    /// <summary>Its sequences, the oldest first. Languages are forked from the oldest.</summary>
    public List<Slot> Slots { get; } = [];

    /// <summary>The whole answer where there is one language, else the attributes.</summary>
    public SectionAnswer Trunk { get; private set; } = null!;

    /// <summary>Position at which every language goes on; -1 until the trunk is written.</summary>
    public int ForkPosition { get; private set; }

    /// <summary>True if a language could begin in another sequence.</summary>
    public bool HasWaitingLanguage => ForkPosition >= 0 && _languages.Count < Plan.Branches.Count;

    /// <summary>True if every value is known without a token of the model.</summary>
    public bool NeedsNothing => Trunk.IsFinished && Plan.Branches.All(b => b.Fields.Count == 0);

    private int BetweenTokens => (Encoded.Count - 1) * Plan.BetweenImages.Count;

    public bool TryComplete(Caption caption) => _completion.TrySetResult(caption);

    public bool TryFail(Exception error) => _completion.TrySetException(error);

    public bool TryCancel(CancellationToken token) => _completion.TrySetCanceled(token);

    /// <summary>Begins, or starts over, in a sequence that shares the prefix.</summary>
    public Slot Begin(PromptPrefix prefix, int sequence, TokenSampler sampler, long now)
    {
        (Prefix, _sampler, _admittedAt, _firstTokenAt, ForkPosition) = (prefix, sampler, now, 0, -1);
        Trunk = new SectionAnswer(Plan, Plan.Trunk, AnswerStart.Begin, Request, _seed, sampler);
        _languages.Clear();
        Slots.Clear();
        Slots.Add(new Slot(this, sequence));
        return Slots[0];
    }

    /// <summary>Notes that logits are there. The first time ends the prefill.</summary>
    public void OnLogits(TimeProvider time) => _firstTokenAt = _firstTokenAt == 0 ? time.GetTimestamp() : _firstTokenAt;

    /// <summary>
    /// Has a slot whose section is written go on with the next language. Where it does, the cache must forget what its sequence holds from <see cref="ForkPosition"/> on; where it
    /// does not, its sequence is no longer needed.
    /// </summary>
    public bool TryGoOn(Slot slot)
    {
        if (slot.Answer == Trunk)
        {
            ForkPosition = slot.Position;
        }

        // Languages are forked from the oldest sequence, so that one stays as long as any waits.
        if (slot != Slots[0] || NextLanguage() is not { } language)
        {
            return false;
        }

        slot.Write(language);
        return true;
    }

    /// <summary>Begins the next language in another sequence, into which the caller must fork <c>Slots[0]</c> up to <see cref="ForkPosition"/>. False if no language waits.</summary>
    public bool TryFork(int sequence)
    {
        if (NextLanguage() is not { } language)
        {
            return false;
        }

        Slots.Add(new Slot(this, sequence, language));
        return true;
    }

    /// <summary>The finished answer with what it cost.</summary>
    public Caption ToCaption(TimeProvider time)
    {
        var now = time.GetTimestamp();
        var first = _firstTokenAt == 0 ? now : _firstTokenAt;
        var queued = time.GetElapsedTime(SubmittedAt, _admittedAt) - EncodeTime;
        SectionAnswer[] all = [Trunk, .. _languages];
        return new Caption
        {
            Fields = [.. all.SelectMany(a => a.Values.Fields)],
            Flags = [.. Trunk.Values.Flags, .. _languages.SelectMany(a => a.Values.Flags.Select(f => $"{a.Section.Language}.{f}"))],
            Usage = new CaptionUsage
            {
                PromptTokens = Prefix.Cells + Suffix.Count + BetweenTokens,
                ImageTokens = Encoded.Sum(i => i.TokenCount),
                OutputTokens = all.Sum(a => a.Tape.OutputTokens),
                SampledTokens = all.Sum(a => a.Tape.SampledTokens),
                Queued = queued > TimeSpan.Zero ? queued : TimeSpan.Zero,
                Encode = EncodeTime,
                IsEncodingReused = IsEncodingReused,
                Prefill = time.GetElapsedTime(_admittedAt, first),
                Decode = time.GetElapsedTime(first, now),
            },
        };
    }

    /// <summary>The next language that has something to write; null if none is left.</summary>
    private SectionAnswer? NextLanguage()
    {
        while (HasWaitingLanguage)
        {
            var section = Plan.Branches[_languages.Count];
            _languages.Add(new SectionAnswer(Plan, section, Trunk.End, Request, _seed ^ Hash(section.Language!), _sampler));
            if (!_languages[^1].IsFinished)
            {
                return _languages[^1];
            }
        }

        return null;
    }

    // So that a language's random numbers do not depend on the sequence that happens to write it.
    private static ulong Hash(string language) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(language)));
}
