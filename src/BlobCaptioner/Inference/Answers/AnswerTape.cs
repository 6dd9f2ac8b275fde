using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Inference.Answers;

/// <summary>The answer's tokens in the cache, and what is to change there before the next logits.</summary>
/// <param name="plan">Tokenizes.</param>
internal sealed class AnswerTape(DecodingPlan plan)
{
    private readonly List<int> _kept = [];

    /// <summary>Tokens to be decoded; whoever decodes them clears the list.</summary>
    public List<int> Pending { get; } = [];

    /// <summary>Tokens to be taken out of the cache before <see cref="Pending"/> goes in; whoever does it sets it to 0.</summary>
    public int Rollback { get; set; }

    /// <summary>Tokens of the answer: literal ones and sampled ones, those that closed a value and those that were taken back included.</summary>
    public int OutputTokens { get; set; }

    /// <summary>Tokens chosen from logits.</summary>
    public int SampledTokens { get; set; }

    /// <summary>True where the logits at hand are those after a token that goes, so that they are of no use.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Tokens of a text that is in this answer only, and the literal text after it.</summary>
    public int[] Tokenize(string own, string literal) =>
        own.Length > 0 ? plan.Decoder.Tokenize(own + literal, parseSpecial: false) : literal.Length > 0 ? plan.TokenizeLiteral(literal) : [];

    /// <summary>Begins with tokens that another section has counted.</summary>
    public void Continue(IReadOnlyList<int> tokens)
    {
        Pending.AddRange(tokens);
        _kept.AddRange(tokens);
    }

    public void Append(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length > 0)
        {
            Pending.AddRange(tokens);
            _kept.AddRange(tokens);
            OutputTokens += tokens.Length;
            IsStale = false;
        }
    }

    /// <summary>Takes the last tokens back. All of them are in the cache: nothing is pending.</summary>
    public void Cut(int count)
    {
        if (count > 0)
        {
            _kept.RemoveRange(_kept.Count - count, count);
            Rollback += count;
            IsStale = true;
        }
    }

    /// <summary>Has the last token that stays decoded again, for the logits after it.</summary>
    public void Refresh()
    {
        Rollback++;
        Pending.Add(_kept[^1]);
        IsStale = false;
    }
}
