using System.Text;
using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>
/// One picture's way through a <see cref="DecodingPlan"/>: says which tokens are to be decoded next and, once their logits are there,
/// goes on. Knows nothing of slots and positions.
/// </summary>
internal sealed class PlanCursor
{
    private readonly DecodingPlan _plan;
    private readonly PlanSection _section;
    private readonly SamplingOptions _sampling;
    private readonly TokenSampler _sampler;
    private readonly TextFieldReader _text;
    private readonly Func<int, bool> _allowsText;
    private readonly List<CaptionField> _fields = [];
    private readonly List<string> _flags = [];
    private SplitMix64 _random;
    private TokenTrie.Node? _node;
    private double _confidence;
    private int _lastAppended = -1;
    private int _lastLead = -1;

    /// <summary>Begins a section.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="section">Its trunk or one of its branches.</param>
    /// <param name="start"><see cref="PlanStart.Begin"/> for a trunk, the trunk's <see cref="End"/> for a branch.</param>
    /// <param name="facts">What the catalogue says.</param>
    /// <param name="sampling">How free text is sampled.</param>
    /// <param name="seed">Start of this section's random numbers.</param>
    /// <param name="sampler">The decode thread's.</param>
    public PlanCursor(
        DecodingPlan plan, PlanSection section, PlanStart start, ProductFacts facts, SamplingOptions sampling, ulong seed, TokenSampler sampler)
    {
        (_plan, _section, _sampling, _sampler, _random) = (plan, section, sampling, sampler, new SplitMix64(seed));
        _ = facts;
        _text = new TextFieldReader(plan.Decoder);
        _allowsText = _text.Allows;
        BeginField(start.Rest, start.TailTaken);
    }

    /// <summary>Tokens to be decoded before <see cref="Advance"/>; whoever decodes them clears the list.</summary>
    public List<int> Pending { get; } = [];

    /// <summary>Answer tokens to be taken out of the cache before <see cref="Pending"/> goes in; whoever does it sets it to 0.</summary>
    public int Rollback { get; set; }

    /// <summary>True once every field has its value.</summary>
    public bool IsFinished => _fields.Count == _section.Fields.Count;

    /// <summary>
    /// Once finished: where a branch goes on. What <see cref="Rollback"/> says then is to be taken out of the cache before the sequence is forked.
    /// </summary>
    public PlanStart End { get; private set; } = PlanStart.Begin;

    /// <summary>Values so far.</summary>
    public IReadOnlyList<CaptionField> Fields => _fields;

    /// <summary>Flags so far.</summary>
    public IReadOnlyList<string> Flags => _flags;

    /// <summary>Tokens chosen from logits.</summary>
    public int SampledTokens { get; private set; }

    /// <summary>Tokens of the answer: literal ones and sampled ones, those that closed a value included.</summary>
    public int OutputTokens { get; private set; }

    private PlanField Current => _section.Fields[_fields.Count];

    /// <summary>Chooses tokens until something is to be decoded again or the answer is finished.</summary>
    /// <param name="logits">Logits after the last pending token.</param>
    public void Advance(ReadOnlySpan<float> logits)
    {
        // A choice may need no token of its own in the cache before the next one: the same logits then serve twice.
        while (!IsFinished && Pending.Count == 0)
        {
            if (_node is null)
            {
                SampleText(logits);
            }
            else
            {
                SampleChoice(logits, _node);
            }
        }
    }

    private void BeginField(string rest, int tailTaken)
    {
        if (IsFinished)
        {
            return;
        }

        var field = Current;
        var lead = tailTaken == 0 ? rest + field.Lead : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(field.Lead).AsSpan(tailTaken));
        _confidence = 1;
        _node = null;
        if (field.Trie is null)
        {
            Append(rest.Length + tailTaken == 0 ? field.LeadTokens : Tokenize(lead));
            _lastLead = _lastAppended;
            _text.Begin(field.Field.MaxCharacters, field.MaxTextTokens);
        }
        else if (rest.Length + tailTaken == 0)
        {
            Follow(field.Trie.Root);
        }
        else if (field.Trie.ValueRoot is { } values)
        {
            Append(Tokenize(lead));
            Follow(values);
        }
        else
        {
            Follow(TokenTrie.Build(_plan.Decoder, lead, field.EscapedValues, field.Tail).Root);
        }
    }

    private int[] Tokenize(string text) => _plan.Decoder.Tokenize(text, parseSpecial: false);

    private void Append(ReadOnlySpan<int> tokens)
    {
        Pending.AddRange(tokens);
        OutputTokens += tokens.Length;
        _lastAppended = tokens.Length > 0 ? tokens[^1] : _lastAppended;
    }

    /// <summary>Goes down as long as there is one way only: those tokens need no logits.</summary>
    private void Follow(TokenTrie.Node node)
    {
        while (node.Value < 0 && node.Tokens.Count == 1)
        {
            Append([node.Tokens[0]]);
            node = node.Children[0];
        }

        if (node.Value >= 0 && (node.Tokens.Count == 0 || node.EndToken < 0))
        {
            EndChoice(node);
        }
        else
        {
            _node = node;
        }
    }

    private void SampleChoice(ReadOnlySpan<float> logits, TokenTrie.Node node)
    {
        SampledTokens++;
        var endsHere = node.Value >= 0;
        var best = endsHere ? -1 : 0;
        var max = float.NegativeInfinity;
        for (var i = endsHere ? -1 : 0; i < node.Tokens.Count; i++)
        {
            var logit = Logit(logits, node, i);
            (best, max) = logit > max ? (i, logit) : (best, max);
        }

        double total = 0;
        for (var i = endsHere ? -1 : 0; i < node.Tokens.Count; i++)
        {
            var logit = Logit(logits, node, i);
            total += logit == max ? 1 : float.IsNaN(logit) ? 0 : Math.Exp((double)logit - max);
        }

        _confidence *= total > 0 ? 1 / total : 0;
        if (best < 0)
        {
            EndChoice(node);
            return;
        }

        Append([node.Tokens[best]]);
        Follow(node.Children[best]);
    }

    private static float Logit(ReadOnlySpan<float> logits, TokenTrie.Node node, int index) =>
        logits[index < 0 ? node.EndToken : node.Tokens[index]];

    private void EndChoice(TokenTrie.Node node)
    {
        _fields.Add(new CaptionField(Current.Field.Name, Current.Field.Values[node.Value], _confidence));
        _node = null;
        BeginField("", node.TailBytes);
    }

    private void SampleText(ReadOnlySpan<float> logits)
    {
        SampledTokens++;
        var token = _sampler.Sample(logits, _sampling, ref _random, _allowsText);
        if (_text.Take(token) == TextFieldReader.Step.GoesOn)
        {
            Append([token]);
            return;
        }

        OutputTokens++;
        EndText();
    }

    private void EndText()
    {
        var name = Current.Field.Name;
        var value = _text.End();
        var cached = _text.CachedTokens;
        var keptToken = _text.TokenAt(value.KeptTokens - 1);
        _fields.Add(new CaptionField(name, value.Text, Confidence: null));
        AddFlag(value.IsCut, name, "cut");
        AddFlag(value.IsLoop, name, "loop");
        AddFlag(value.Text.Length == 0, name, "empty");
        if (IsFinished)
        {
            return;
        }

        Rollback = cached - value.KeptTokens;
        BeginField(value.Rest, tailTaken: 0);
        if (Rollback > 0 && Pending.Count == 0 && !IsFinished)
        {
            // The logits at hand are those after a token that goes: the last one that stays is decoded again for its own.
            Rollback++;
            Pending.Add(keptToken >= 0 ? keptToken : _lastLead);
        }
    }

    private void AddFlag(bool isSet, string field, string what)
    {
        if (isSet)
        {
            _flags.Add($"{field}-{what}");
        }
    }
}
