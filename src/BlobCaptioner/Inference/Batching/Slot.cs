using System.Runtime.InteropServices;
using BlobCaptioner.Inference.Answers;

namespace BlobCaptioner.Inference.Batching;

/// <summary>One sequence of the context: reads a picture's views, then writes a section of its answer, then perhaps another.</summary>
internal sealed class Slot
{
    private readonly List<int> _tokens = [];
    private int _tokensDecoded;
    private EncodedImage? _image;
    private int _imageTokensDecoded;
    private int _nextImage;

    /// <summary>Reads the views, then writes the trunk. The sequence shares the picture's prefix.</summary>
    public Slot(Picture picture, int sequence)
    {
        (Picture, Sequence, Answer, Position) = (picture, sequence, picture.Trunk, picture.Prefix.Cells);
        BeginImage();
    }

    /// <summary>Writes a language. The sequence holds what comes before <see cref="Picture.ForkPosition"/>.</summary>
    public Slot(Picture picture, int sequence, SectionAnswer language)
    {
        (Picture, Sequence, Answer, _nextImage) = (picture, sequence, language, picture.Encoded.Count);
        Write(language);
    }

    public int Sequence { get; }

    public Picture Picture { get; }

    /// <summary>The section that it writes.</summary>
    public SectionAnswer Answer { get; private set; }

    /// <summary>Position of the next token.</summary>
    public int Position { get; private set; }

    /// <summary>Image tokens to be decoded before any text.</summary>
    public int ImageTokensLeft => _image is null ? 0 : _image.TokenCount - _imageTokensDecoded;

    /// <summary>Text tokens to be decoded before the next image, or before the next token can be chosen.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens)[_tokensDecoded..];

    /// <summary>True if the logits after <see cref="Tokens"/> choose a token: no image follows, and the section is not finished.</summary>
    public bool WantsLogits => !HasMoreImages && !Answer.IsFinished;

    /// <summary>True once the section is written and everything before it is in the cache.</summary>
    public bool IsWritten => Answer.IsFinished && _image is null && !HasMoreImages && Tokens.Length == 0;

    private bool HasMoreImages => _nextImage < Picture.Encoded.Count;

    /// <summary>Writes a language where the trunk ended. The cache must hold nothing of this sequence after that.</summary>
    public void Write(SectionAnswer language)
    {
        (Answer, Position) = (language, Picture.ForkPosition);
        TakePending();
    }

    public ImageSlice NextSlice(int mostTokens) => new(Sequence, _image!, _imageTokensDecoded, Math.Min(mostTokens, ImageTokensLeft), Position);

    public void AdvanceImage(int tokens)
    {
        _imageTokensDecoded += tokens;
        if (ImageTokensLeft > 0)
        {
            return;
        }

        Position += _image!.PositionCount;
        _image = null;
        if (HasMoreImages)
        {
            // There may be no token between two images.
            Load(Picture.Plan.BetweenImages);
            AdvanceText(0);
        }
        else
        {
            Load(Picture.Suffix);
            AddPending();
        }
    }

    public void AdvanceText(int tokens)
    {
        _tokensDecoded += tokens;
        Position += tokens;
        if (Tokens.Length == 0 && HasMoreImages)
        {
            BeginImage();
        }
    }

    /// <summary>Takes over what the section wants next. True if the cache must first forget what lies at and after <see cref="Position"/>.</summary>
    public bool TakePending()
    {
        var isCut = Answer.Tape.Rollback > 0;
        Position -= Answer.Tape.Rollback;
        Answer.Tape.Rollback = 0;
        Load([]);
        AddPending();
        return isCut;
    }

    private void BeginImage()
    {
        (_image, _imageTokensDecoded) = (Picture.Encoded[_nextImage++], 0);
        Load([]);
    }

    private void Load(IReadOnlyList<int> tokens)
    {
        _tokens.Clear();
        _tokens.AddRange(tokens);
        _tokensDecoded = 0;
    }

    // The tokens pending at the end of a trunk are not decoded: each language begins with them.
    private void AddPending()
    {
        if (!Answer.IsFinished)
        {
            _tokens.AddRange(Answer.Tape.Pending);
        }

        Answer.Tape.Pending.Clear();
    }
}
