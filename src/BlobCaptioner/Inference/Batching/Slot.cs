using System.Runtime.InteropServices;
using BlobCaptioner.Inference.Answers;

namespace BlobCaptioner.Inference.Batching;

/// <summary>One sequence of the context: a picture's trunk, from its pictures on, or one of its languages.</summary>
internal sealed class Slot
{
    private readonly Queue<EncodedImage> _images = [];
    private readonly IReadOnlyList<int> _between;
    private readonly List<int> _queue = [];
    private readonly IReadOnlyList<int> _suffix;
    private int _next;
    private int _imageDone;
    private EncodedImage? _image;

    private Slot(int sequence, PictureRun run, PlanCursor cursor, IReadOnlyList<int> between, IReadOnlyList<int> suffix)
    {
        (Sequence, Run, Cursor, _between, _suffix) = (sequence, run, cursor, between, suffix);
    }

    public int Sequence { get; }

    public PictureRun Run { get; }

    public PlanCursor Cursor { get; private set; }

    /// <summary>Index of the language that it writes; -1 for the trunk.</summary>
    public int Branch { get; private set; } = -1;

    /// <summary>Position of the next text token.</summary>
    public int Position { get; private set; }

    /// <summary>Image tokens to be decoded before any text.</summary>
    public int ImageTokensLeft => _image is null ? 0 : _image.TokenCount - _imageDone;

    /// <summary>Text tokens that are to be decoded before the next picture, or before the next token can be chosen.</summary>
    public ReadOnlySpan<int> Queue => _image is null ? CollectionsMarshal.AsSpan(_queue)[_next..] : default;

    /// <summary>True where the logits after <see cref="Queue"/> choose a token: no picture follows, and the section is not finished.</summary>
    public bool WantsLogits => _images.Count == 0 && !Cursor.IsFinished;

    /// <summary>True once the section is written and all that comes before it is in the cache.</summary>
    public bool IsDone => Cursor.IsFinished && _image is null && _images.Count == 0 && Queue.Length == 0;

    /// <summary>The slot of a trunk: pictures, what stands between and after them, then the section.</summary>
    public static Slot ForTrunk(int sequence, PictureRun run, PlanCursor cursor, IReadOnlyList<int> suffix)
    {
        var slot = new Slot(sequence, run, cursor, run.Plan.BetweenImages, suffix) { Position = run.Prefix.Cells };
        foreach (var image in run.Images)
        {
            slot._images.Enqueue(image);
        }

        slot.NextImage();
        return slot;
    }

    /// <summary>The slot of a language, in a sequence that was forked from the trunk's.</summary>
    public static Slot ForBranch(int sequence, PictureRun run, int branch, PlanCursor cursor)
    {
        var slot = new Slot(sequence, run, cursor, [], []);
        slot.Begin(branch, cursor);
        return slot;
    }

    /// <summary>Goes on with a language where the trunk ended; the cache holds nothing after that.</summary>
    public void Begin(int branch, PlanCursor cursor)
    {
        (Branch, Cursor, Position) = (branch, cursor, Run.ForkPosition);
        TakePending();
    }

    public ImageSlice NextSlice(int budget) =>
        new(Sequence, _image!, _imageDone, Math.Min(budget, ImageTokensLeft), Position);

    public void AdvanceImage(int tokens)
    {
        _imageDone += tokens;
        if (ImageTokensLeft == 0)
        {
            Position += _image!.PositionCount;
            _image = null;
            Load(_images.Count > 0 ? _between : _suffix);
            if (_images.Count == 0)
            {
                _queue.AddRange(Cursor.IsFinished ? [] : Cursor.Pending);
                Cursor.Pending.Clear();
            }
        }
    }

    public void AdvanceText(int tokens)
    {
        _next += tokens;
        Position += tokens;
        if (_next == _queue.Count && _images.Count > 0)
        {
            NextImage();
        }
    }

    /// <summary>Takes over what the cursor wants next; returns true where the cache must first forget what lies at and after <see cref="Position"/>.</summary>
    public bool TakePending()
    {
        var cuts = Cursor.Rollback > 0;
        Position -= Cursor.Rollback;
        Cursor.Rollback = 0;
        Load(Cursor.IsFinished ? [] : Cursor.Pending);
        Cursor.Pending.Clear();
        return cuts;
    }

    private void NextImage()
    {
        (_image, _imageDone) = (_images.Dequeue(), 0);
        Load([]);
    }

    private void Load(IReadOnlyList<int> tokens)
    {
        _queue.Clear();
        _queue.AddRange(tokens);
        _next = 0;
    }
}
