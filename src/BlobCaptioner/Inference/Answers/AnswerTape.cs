using System.Text;
using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Inference.Answers;

/// <summary>Where a section goes on in the answer's text.</summary>
/// <param name="Rest">Text that the cache still lacks before the section's own first literal.</param>
/// <param name="TailTaken">UTF-8 bytes of the section's first literal that are among the tokens already.</param>
/// <param name="Tokens">Tokens that the cache still lacks; they come before all text.</param>
internal readonly record struct AnswerStart(string Rest, int TailTaken, IReadOnlyList<int> Tokens)
{
    /// <summary>The answer's beginning.</summary>
    public static AnswerStart Begin => new("", 0, []);

    /// <summary>True where nothing of the answer has been written.</summary>
    public bool IsBegin => Rest.Length == 0 && TailTaken == 0 && Tokens.Count == 0;
}

/// <summary>A section's tokens in the cache, what is to change there before the next logits, and the lead: literal text that comes next and has no tokens yet.</summary>
internal sealed class AnswerTape
{
    private readonly DecodingPlan _plan;
    private readonly List<int> _kept = [];

    // The lead's two parts: what only this picture has (the end of a text, a supplied value), and what every picture of the profile has at this
    // place, whose tokens and tries are kept. The first bytes of the second may be in the cache already.
    private string _own = "";
    private string _common;
    private int _taken;
    private bool _isFirst;

    public AnswerTape(DecodingPlan plan, AnswerStart start)
    {
        (_plan, _common, _taken, _isFirst) = (plan, start.Rest, start.TailTaken, start.IsBegin);

        // The section before has counted them.
        Pending.AddRange(start.Tokens);
        _kept.AddRange(start.Tokens);
    }

    /// <summary>Tokens to be decoded. The caller who decodes them clears the list.</summary>
    public List<int> Pending { get; } = [];

    /// <summary>Tokens to be taken out of the cache before <see cref="Pending"/> goes in. The caller who does it sets it to 0.</summary>
    public int Rollback { get; set; }

    /// <summary>Tokens of the answer: literal ones and sampled ones, those that closed a value and those that were taken back included.</summary>
    public int OutputTokens { get; set; }

    /// <summary>Tokens chosen from logits.</summary>
    public int SampledTokens { get; set; }

    /// <summary>True where the logits at hand are those after a token that goes, so that they are of no use.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Where another section goes on.</summary>
    public AnswerStart End => _own.Length == 0 ? new(_common, _taken, [.. Pending]) : new(_own + _common, 0, [.. Pending]);

    private string Common => _taken == 0 ? _common : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(_common).AsSpan(Math.Min(_taken, Encoding.UTF8.GetByteCount(_common))));

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

    /// <summary>Adds text to the lead that every picture has.</summary>
    public void Add(string text) => _common += text;

    /// <summary>Adds text to the lead that only this picture has.</summary>
    public void AddOwn(string text) => (_own, _common, _taken) = (_own + Common + text, "", 0);

    /// <summary>Adds what stands before a language's fields.</summary>
    public void OpenLanguage(string language)
    {
        Open(DecodingPlan.Escape(language), "");
        _isFirst = true;
    }

    /// <summary>Adds what stands before a value.</summary>
    public void Open(string escapedName, string quote)
    {
        Add($"{(_isFirst ? "{" : ",")}\"{escapedName}\":{quote}");
        _isFirst = false;
    }

    /// <summary>Leaves what a finished walk leaves to be written: the quote that ends the value.</summary>
    public void Close(ChoiceWalk walk)
    {
        ClearLead(walk.TailBytes);
        Add("\"");
    }

    /// <summary>Forgets the lead, which is in the cache now.</summary>
    /// <param name="taken">Bytes of what will be added next that are there too.</param>
    public void ClearLead(int taken = 0) => (_own, _common, _taken) = ("", "", taken);

    /// <summary>Appends the lead's tokens.</summary>
    public void AppendLead()
    {
        Append(TokenizeLead());
        ClearLead();
    }

    /// <summary>A walk over the lead and a field's options, or its kinds of evidence. <see cref="Close"/> is due after it.</summary>
    public ChoiceWalk Choose(PlanField field, bool isEvidence, string tail, Func<int, bool>? isOpen = null, Func<int, bool>? isForced = null)
    {
        var trie = _plan.GetTrie(field, isEvidence, Common, tail);
        var start = trie.Root;
        if (_own.Length > 0 && trie.ValueRoot is { } values)
        {
            Append(TokenizeLead());
            start = values;
        }
        else if (_own.Length > 0)
        {
            start = _plan.BuildTrie((field, isEvidence, _own + Common, tail)).Root;
        }

        return new ChoiceWalk(this, start, isOpen ?? (static _ => true), isForced, isEvidence ? -1 : field.UnknownOption) { IsValue = true };
    }

    /// <summary>A walk over the lead and the ways in which the answer can go on. <see cref="ClearLead"/> is due after it.</summary>
    public ChoiceWalk Decide(string[] ways) => new(
        this,
        (_own.Length > 0 ? TokenTrie.Build(_plan.Decoder, _own + Common, ways, tail: "") : _plan.GetDecision(Common, ways)).Root,
        static _ => true);

    private int[] TokenizeLead()
    {
        var common = Common;
        return _own.Length > 0 ? _plan.Decoder.Tokenize(_own + common, parseSpecial: false) : common.Length > 0 ? _plan.TokenizeLiteral(common) : [];
    }
}
