using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Answers;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;

namespace BlobCaptioner.Inference.Batching;

/// <summary>A picture, or the views of a product, in one or more sequences of the context.</summary>
internal sealed class PictureRun
{
    private readonly TokenSampler _sampler;
    private readonly PlanCursor _trunk;
    private readonly PlanCursor?[] _branches;
    private readonly Queue<int> _unstarted = [];
    private readonly int _suffixTokens;

    /// <summary>Begins a run in a sequence that shares the prefix.</summary>
    public PictureRun(PictureWork work, PromptPrefix prefix, int sequence, IReadOnlyList<int> suffix, TokenSampler sampler)
    {
        (Work, Prefix, _sampler, _suffixTokens) = (work, prefix, sampler, suffix.Count);
        _branches = new PlanCursor?[Plan.Branches.Count];
        var request = work.Request;
        _trunk = new PlanCursor(Plan, Plan.Trunk, PlanStart.Begin, request.Facts, request.Sampling, request.Seed, sampler, request.Draft);
        Slots = [Slot.ForTrunk(sequence, this, _trunk, suffix)];
    }

    public PictureWork Work { get; }

    public PromptPrefix Prefix { get; }

    public DecodingPlan Plan => Work.Request.Plan;

    public IReadOnlyList<EncodedImage> Images => Work.Encoded!;

    /// <summary>Its sequences, the trunk's first as long as it is needed.</summary>
    public List<Slot> Slots { get; }

    /// <summary>KV cache cells promised to it, the shared prefix not counted.</summary>
    public required int Cells { get; init; }

    public required long AdmittedAt { get; init; }

    /// <summary>When the first token was chosen; 0 before.</summary>
    public long FirstTokenAt { get; set; }

    /// <summary>Position at which the languages go on; only once the trunk is done.</summary>
    public int ForkPosition { get; private set; }

    /// <summary>True where a language waits for a sequence.</summary>
    public bool HasUnstarted => _unstarted.Count > 0;

    /// <summary>True where no logits are needed at all.</summary>
    public bool NeedsNothing => _trunk.IsFinished && Plan.Branches.All(b => b.Fields.Count == 0);

    /// <summary>The sequence from which languages are forked.</summary>
    public int BaseSequence => Slots[0].Sequence;

    /// <summary>
    /// To be called when a slot is done, with the cache cut to what the slot holds. Returns true where the slot has gone on with a language; false where its sequence is to be
    /// given back.
    /// </summary>
    /// <param name="slot">One of its slots.</param>
    public bool GoesOn(Slot slot)
    {
        if (slot.Branch < 0)
        {
            ForkPosition = slot.Position;
            for (var i = 0; i < _branches.Length; i++)
            {
                _unstarted.Enqueue(i);
            }
        }

        // Only the base has nothing after the fork's position but its own language.
        if (slot != Slots[0] || TakeUnstarted() is not { } branch)
        {
            return false;
        }

        slot.Begin(branch, _branches[branch]!);
        return true;
    }

    /// <summary>Starts the next waiting language in a sequence that was forked from <see cref="BaseSequence"/> and cut to <see cref="ForkPosition"/>.</summary>
    public Slot? StartBranch(int sequence)
    {
        if (TakeUnstarted() is not { } branch)
        {
            return null;
        }

        var slot = Slot.ForBranch(sequence, this, branch, _branches[branch]!);
        Slots.Add(slot);
        return slot;
    }

    /// <summary>The finished answer with what it cost.</summary>
    public Caption ToCaption(TimeProvider time)
    {
        var now = time.GetTimestamp();
        var first = FirstTokenAt == 0 ? now : FirstTokenAt;
        var queued = time.GetElapsedTime(Work.SubmittedAt, AdmittedAt) - Work.EncodeTime;
        PlanCursor[] all = [_trunk, .. _branches.OfType<PlanCursor>()];
        return new Caption
        {
            Fields = [.. all.SelectMany(c => c.Fields)],
            Flags = [.. _trunk.Flags, .. _branches.SelectMany((c, i) => c is null ? [] : c.Flags.Select(f => $"{Plan.Branches[i].Language}.{f}"))],
            Usage = new CaptionUsage
            {
                PromptTokens = Prefix.Cells + _suffixTokens + ((Images.Count - 1) * Plan.BetweenImages.Count),
                ImageTokens = Images.Sum(i => i.TokenCount),
                OutputTokens = all.Sum(c => c.OutputTokens),
                SampledTokens = all.Sum(c => c.SampledTokens),
                Queued = queued > TimeSpan.Zero ? queued : TimeSpan.Zero,
                Encode = Work.EncodeTime,
                IsEncodingReused = Work.IsEncodingReused,
                Prefill = time.GetElapsedTime(AdmittedAt, first),
                Decode = time.GetElapsedTime(first, now),
            },
        };
    }

    /// <summary>The next language that has something to write.</summary>
    private int? TakeUnstarted()
    {
        while (_unstarted.TryDequeue(out var branch))
        {
            var section = Plan.Branches[branch];
            var request = Work.Request;
            var cursor = new PlanCursor(Plan, section, _trunk.End, request.Facts, request.Sampling, request.Seed ^ Hash(section.Language!), _sampler, request.Draft);
            _branches[branch] = cursor;
            if (!cursor.IsFinished)
            {
                return branch;
            }
        }

        return null;
    }

    // So that a language's random numbers do not depend on the sequence that happens to write it.
    private static ulong Hash(string language) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(language)));
}
