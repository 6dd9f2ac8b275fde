using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Text;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Inference.Answers;

/// <summary>
/// One free text: sampled token by token until its closing quote or its limit. A banned word is taken back and sampled again; a text that repeats itself,
/// repeats the prompt or is in another script is written a second time, hotter; what is still wrong then is flagged.
/// </summary>
internal sealed class TextRun : Decision
{
    private const int MostResamples = 3;

    // Tokens between two searches for repeated words.
    private const int RepetitionEvery = 8;

    private readonly ISequenceDecoder _decoder;
    private readonly AnswerTape _tape;
    private readonly AnswerSampling _sampling;
    private readonly TextRules _rules;
    private readonly PlanField _field;
    private TextFieldReader _reader;
    private readonly Func<int, bool> _allows;
    private readonly HashSet<int> _forbidden = [];
    private readonly List<string> _flags = [];
    private int _forbiddenAt;
    private int _cached;
    private int _resamples;
    private bool _isRetry;
    private Attempt? _first;
    private bool _hasBanned;
    private double _logProbability;
    private int _measured;

    public TextRun(ISequenceDecoder decoder, AnswerTape tape, AnswerSampling sampling, TextRules rules, PlanField field)
    {
        (_decoder, _tape, _sampling, _rules, _field) = (decoder, tape, sampling, rules, field);
        _allows = Allows;
        Begin();
    }

    /// <summary>The text, once done.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The part of the text, as JSON, that the cache lacks. It goes before the next literal.</summary>
    public string Rest { get; private set; } = "";

    /// <summary>Its faults: <c>cut</c>, <c>loop</c>, <c>echo</c>, <c>wrong-script</c>, <c>banned-word</c>, <c>empty</c>.</summary>
    public IReadOnlyList<string> Flags => _flags;

    /// <summary>For attributes: geometric mean of the tokens' probabilities.</summary>
    public double Confidence => _measured == 0 ? 1 : Math.Exp(_logProbability / _measured);

    /// <summary>Called after each token.</summary>
    public required Action<TextRun> Written { get; init; }

    public string TextSoFar() => _reader.TextSoFar();

    private bool IsNumber => _field.Field.Kind == FieldKind.Number;

    /// <inheritdoc/>
    public override void Feed(ReadOnlySpan<float> logits)
    {
        // Where a banned word was a single token, the same logits serve again.
        while (true)
        {
            _tape.SampledTokens++;
            var token = _sampling.Sample(logits, _isRetry, _allows);
            Measure(logits, token);
            var isEnd = !_reader.TryTake(token);
            if (isEnd)
            {
                _tape.OutputTokens++;
            }

            if (TakeBannedBack(isEnd))
            {
                if (_tape.IsStale)
                {
                    return;
                }

                continue;
            }

            if (isEnd)
            {
                Finish();
                return;
            }

            _sampling.Wrote(token);
            if (_reader.Tokens % RepetitionEvery == 0 && !IsNumber && Repetition.Find(_reader.TextSoFar()) is var repeated and >= 0)
            {
                _reader.EndBefore(repeated);
                Finish();
                return;
            }

            _tape.Append([token]);
            _cached++;
            Written(this);
            return;
        }
    }

    [MemberNotNull(nameof(_reader))]
    private void Begin()
    {
        _reader = new TextFieldReader(_decoder, _field.Field.MaxCharacters, _field.MaxTextTokens, IsNumber);
        (_cached, _resamples, _hasBanned, _logProbability, _measured) = (0, 0, false, 0, 0);
        _forbidden.Clear();
        _flags.Clear();
    }

    private bool Allows(int token)
    {
        if (!_reader.Allows(token) || (_forbidden.Count > 0 && _forbiddenAt == _reader.Tokens && _forbidden.Contains(token)))
        {
            return false;
        }

        var bytes = _decoder.GetTokenBytes(token).Span;
        if (_isRetry && _reader.Tokens == 0 && !CanBegin(bytes))
        {
            return false;
        }

        // A single byte of markup is cleaned away at the end.
        return IsNumber || bytes.Length < 2 || !MarkdownText.IsMarkup(Encoding.UTF8.GetString(bytes));
    }

    /// <summary>A second attempt is not left empty, and begins in the language's script.</summary>
    private bool CanBegin(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes[0] == (byte)'"')
        {
            return false;
        }

        // A lone byte of a longer character says nothing yet.
        var isWhole = bytes.Length > 1 || bytes[0] < 0x80;
        return !isWhole || !_rules.IsForeignStart(Encoding.UTF8.GetString(bytes), _field.Field);
    }

    private void Measure(ReadOnlySpan<float> logits, int token)
    {
        if (!_field.Field.IsAttribute || token < 0 || !float.IsFinite(logits[token]))
        {
            return;
        }

        // The highest logit is taken off first, so that nothing overflows.
        var max = TensorPrimitives.Max(logits);
        var total = SumOfWeights(logits, max);
        if (float.IsFinite(max) && total > 0)
        {
            _logProbability += logits[token] - max - Math.Log(total);
            _measured++;
        }
    }

    private static double SumOfWeights(ReadOnlySpan<float> logits, float max)
    {
        Span<float> some = stackalloc float[1_024];
        double total = 0;
        for (var start = 0; start < logits.Length; start += some.Length)
        {
            var part = some[..Math.Min(some.Length, logits.Length - start)];
            TensorPrimitives.Subtract(logits.Slice(start, part.Length), max, part);
            TensorPrimitives.Exp(part, part);
            var sum = TensorPrimitives.Sum(part);
            if (float.IsNaN(sum))
            {
                sum = 0;
                foreach (var weight in part)
                {
                    sum += float.IsNaN(weight) ? 0 : weight;
                }
            }

            total += sum;
        }

        return total;
    }

    /// <summary>True where the text has gone back to before a banned word, which is sampled again.</summary>
    private bool TakeBannedBack(bool isEnd)
    {
        if (_rules.Banned.IsEmpty || IsNumber || _hasBanned || _reader.Tokens == 0 || !_rules.Banned.TryFindCompleted(_reader.TextSoFar(), isEnd, out var start))
        {
            return false;
        }

        if (_resamples == MostResamples)
        {
            _hasBanned = true;
            return false;
        }

        _resamples++;
        var keep = _reader.TokenOf(start);
        if (_forbiddenAt != keep)
        {
            _forbidden.Clear();
            _forbiddenAt = keep;
        }

        _forbidden.Add(_reader.TokenAt(keep));
        _reader.Truncate(keep);
        _tape.Cut(_cached - keep);
        _cached = Math.Min(_cached, keep);
        return true;
    }

    private void Finish()
    {
        var value = _reader.End();
        var text = IsNumber ? value.Text.TrimEnd('.') : TextRules.Clean(value.Text, _field.Field);
        var repeated = IsNumber ? -1 : Repetition.Find(text);
        var attempt = new Attempt(
            repeated >= 0 ? text[..repeated].TrimEnd() : text,
            value.IsCut,
            IsLoop: value.IsLoop || repeated >= 0,
            IsEcho: !IsNumber && _rules.Echo.IsIn(text),
            IsForeign: _rules.IsForeign(text, _field.Field));
        if (attempt.IsBad && !_isRetry)
        {
            (_first, _isRetry) = (attempt, true);
            _tape.Cut(_cached);
            Begin();
            return;
        }

        if (attempt.Text.Length == 0 && _first is { Text.Length: > 0 })
        {
            // A flagged text is of more use than an empty one.
            attempt = _first;
            _tape.Cut(_cached);
            Rest = DecodingPlan.Escape(attempt.Text);
        }
        else
        {
            _tape.Cut(_cached - value.KeptTokens);
            Rest = value.Rest;
        }

        Text = attempt.Text;
        AddFlag(attempt.IsCut, "cut");
        AddFlag(attempt.IsLoop, "loop");
        AddFlag(attempt.IsEcho, "echo");
        AddFlag(attempt.IsForeign, "wrong-script");
        AddFlag(!_rules.Banned.IsEmpty && _rules.Banned.TryFind(Text, out _), "banned-word");
        AddFlag(Text.Length == 0, "empty");
        IsDone = true;
    }

    private void AddFlag(bool isSet, string what)
    {
        if (isSet)
        {
            _flags.Add(what);
        }
    }

    private sealed record Attempt(string Text, bool IsCut, bool IsLoop, bool IsEcho, bool IsForeign)
    {
        public bool IsBad => IsLoop || IsEcho || IsForeign;
    }
}
