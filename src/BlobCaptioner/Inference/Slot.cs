using System.Runtime.InteropServices;
using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>One sequence of the context with a picture in it.</summary>
internal sealed class Slot(int sequence, PictureWork work, PromptPrefix prefix, PlanCursor cursor)
{
    private readonly List<int> _queue = [.. prefix.Plan.SuffixTokens, .. cursor.Pending];
    private int _next;
    private int _imageDone;

    public int Sequence => sequence;

    public PictureWork Work => work;

    public PromptPrefix Prefix => prefix;

    public PlanCursor Cursor => cursor;

    public required EncodedImage Image { get; init; }

    /// <summary>KV cache cells promised to it, the shared prefix not counted.</summary>
    public required int Cells { get; init; }

    public required long AdmittedAt { get; init; }

    /// <summary>When the first token was chosen; 0 before.</summary>
    public long FirstTokenAt { get; set; }

    /// <summary>Position of the next text token.</summary>
    public int Position { get; private set; } = prefix.Cells;

    public int ImageTokensLeft => Image.TokenCount - _imageDone;

    /// <summary>Text tokens that are to be decoded before the next one can be chosen.</summary>
    public ReadOnlySpan<int> Queue => CollectionsMarshal.AsSpan(_queue)[_next..];

    public ImageSlice NextSlice(int budget) =>
        new(sequence, Image, _imageDone, Math.Min(budget, ImageTokensLeft), prefix.Cells);

    public void AdvanceImage(int tokens)
    {
        _imageDone += tokens;
        if (ImageTokensLeft == 0)
        {
            Position += Image.PositionCount;
        }
    }

    public void AdvanceText(int tokens)
    {
        _next += tokens;
        Position += tokens;
    }

    /// <summary>Takes over what the cursor wants next; returns true where the cache must first forget what lies at and after <see cref="Position"/>.</summary>
    public bool TakePending()
    {
        var cuts = cursor.Rollback > 0;
        Position -= cursor.Rollback;
        cursor.Rollback = 0;
        _queue.Clear();
        _next = 0;
        _queue.AddRange(cursor.Pending);
        cursor.Pending.Clear();
        return cuts;
    }

    /// <summary>The finished answer with what it cost.</summary>
    public Caption ToCaption(TimeProvider time)
    {
        var now = time.GetTimestamp();
        var first = FirstTokenAt == 0 ? now : FirstTokenAt;
        var queued = time.GetElapsedTime(work.SubmittedAt, AdmittedAt) - work.EncodeTime;
        return new Caption
        {
            Fields = cursor.Fields,
            Flags = cursor.Flags,
            Usage = new CaptionUsage
            {
                PromptTokens = prefix.Cells + prefix.Plan.SuffixTokens.Count,
                ImageTokens = Image.TokenCount,
                OutputTokens = cursor.OutputTokens,
                SampledTokens = cursor.SampledTokens,
                Queued = queued > TimeSpan.Zero ? queued : TimeSpan.Zero,
                Encode = work.EncodeTime,
                Prefill = time.GetElapsedTime(AdmittedAt, first),
                Decode = time.GetElapsedTime(first, now),
            },
        };
    }
}
