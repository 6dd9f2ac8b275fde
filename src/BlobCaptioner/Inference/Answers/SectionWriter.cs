using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Answers;

/// <summary>Writes a section's fields one after the other, stopping wherever logits decide.</summary>
internal sealed class SectionWriter
{
    private readonly DecodingPlan _plan;
    private readonly PlanSection _section;
    private readonly ProductFacts _facts;
    private readonly AnswerTape _tape;
    private readonly AnswerSampling _sampling;
    private readonly AnswerLead _lead;
    private readonly CaptionDraft? _draft;
    private readonly bool _isBranch;
    private readonly List<CaptionField> _fields = [];
    private readonly List<string> _flags = [];
    private bool _isFirst;

    public SectionWriter(DecodingPlan plan, PlanSection section, PlanStart start, ProductFacts facts, AnswerTape tape, AnswerSampling sampling, CaptionDraft? draft)
    {
        (_plan, _section, _facts, _tape, _sampling, _draft) = (plan, section, facts, tape, sampling, draft);
        _isBranch = plan.Branches.Contains(section);
        _isFirst = start.IsBegin;
        tape.Continue(start.Tokens);
        _lead = new AnswerLead(start);
    }

    /// <summary>Values so far.</summary>
    public IReadOnlyList<CaptionField> Fields => _fields;

    /// <summary>Flags so far.</summary>
    public IReadOnlyList<string> Flags => _flags;

    /// <summary>Where another section goes on, once all is written.</summary>
    public PlanStart End => _lead.End with { Tokens = [.. _tape.Pending] };

    /// <summary>Writes. Each step waits until what it gives is done.</summary>
    public IEnumerable<PlanAsk> Write()
    {
        if (_isBranch && _section.Fields.Count > 0)
        {
            _lead.Add($"{(_isFirst ? "{" : ",")}\"{DecodingPlan.Escape(_section.Language!)}\":");
            _isFirst = true;
        }

        for (var i = 0; i < _section.Fields.Count; i++)
        {
            foreach (var ask in Write(_section.Fields[i], i == _section.Fields.Count - 1))
            {
                yield return ask;
            }
        }
    }

    private IEnumerable<PlanAsk> Write(PlanField field, bool isLast)
    {
        if (field.Field.IsAttribute && _facts.Find(field.Field.Name) is { Length: > 0 } supplied)
        {
            return new SuppliedValue(field, supplied).Write(this, isLast);
        }

        if (field.Field is { IsAttribute: true, Evidence.Count: 0 })
        {
            AddUnknown(field, confidence: null);
            return [];
        }

        return WriteAsked(field, isLast);
    }

    private IEnumerable<PlanAsk> WriteAsked(PlanField field, bool isLast)
    {
        var evidence = field.Field.Evidence.Count > 0 ? field.Field.Evidence[0] : Evidence.Seen;
        var confidence = 1.0;
        if (field.EvidenceOptions.Count > 0)
        {
            Open(field.EscapedName + "_from", "\"");
            // Whatever is answered, something surely follows unless the value is left out at the very end.
            var question = Choose(field, isEvidence: true, isLast && !HasMore ? "\"" : "\",\"");
            yield return question;
            Close(question);
            confidence = question.Confidence;
            if (field.EvidenceOptions[question.Option] == PlanField.Unknown)
            {
                AddUnknown(field, confidence);
                yield break;
            }

            evidence = field.Field.Evidence[question.Option];
        }

        var values = new List<string>();
        foreach (var ask in field.IsList ? WriteList(field, isLast, values) : WriteOne(field, isLast, values))
        {
            yield return ask;
            confidence *= Sureness(ask, field);
        }

        Add(field, values, evidence, field.Field.IsAttribute || field.IsChosen ? confidence : null);
    }

    // Whether an item comes next is no matter of the value's confidence.
    private static double Sureness(PlanAsk ask, PlanField field) => ask switch
    {
        ChoiceWalk { IsValue: true } walk => walk.Confidence,
        TextRun run when field.Field.IsAttribute => run.Confidence,
        _ => 1,
    };

    private IEnumerable<PlanAsk> WriteOne(PlanField field, bool isLast, List<string> values)
    {
        Open(field.EscapedName, "\"");
        if (field.IsChosen)
        {
            var walk = Choose(field, isEvidence: false, isLast && !HasMore ? "\"}" : "\",\"");
            yield return walk;
            Close(walk);
            values.Add(walk.Option == field.UnknownOption ? "" : field.Options[walk.Option]);
        }
        else
        {
            var run = BeginText(field, values);
            yield return run;
            values.Add(EndText(field, run));
        }
    }

    private IEnumerable<PlanAsk> WriteList(PlanField field, bool isLast, List<string> values)
    {
        Open(field.EscapedName, "[");
        if (field.Field.MinItems == 0)
        {
            var any = Decide(["\"", "]"]);
            yield return any;
            _lead.Clear();
            if (any.Option == 1)
            {
                yield break;
            }
        }
        else
        {
            _lead.Add("\"");
        }

        var taken = new HashSet<int>();
        for (var items = 1; ; items++)
        {
            if (field.IsChosen)
            {
                // Unknown is an answer only where nothing else is.
                var walk = Choose(field, isEvidence: false, "\"", v => !taken.Contains(v) && (items == 1 || v != field.UnknownOption));
                yield return walk;
                Close(walk);
                taken.Add(walk.Option);
                if (walk.Option == field.UnknownOption)
                {
                    _lead.Add("]");
                    yield break;
                }

                values.Add(field.Options[walk.Option]);
            }
            else
            {
                var run = BeginText(field, values);
                yield return run;
                var text = EndText(field, run);
                if (text.Length > 0 && !values.Contains(text, StringComparer.OrdinalIgnoreCase))
                {
                    values.Add(text);
                }
            }

            var isFull = items == field.Field.MaxItems || (field.IsChosen && taken.Count >= field.Options.Count - (field.UnknownOption >= 0 ? 1 : 0));
            if (isFull)
            {
                _lead.Add("]");
                yield break;
            }

            if (items < field.Field.MinItems)
            {
                _lead.Add(",\"");
                continue;
            }

            var goesOn = !isLast || HasMore;
            var end = goesOn ? "],\"" : "]}";
            var more = Decide([",\"", end]);
            yield return more;
            if (more.Option == 1)
            {
                // The bracket is in the cache, and with it what comes next, as far as it was part of the option.
                _lead.Clear(goesOn ? 2 : 0);
                yield break;
            }

            _lead.Clear();
        }
    }

    /// <summary>True where something surely follows this section: a trunk's branches.</summary>
    private bool HasMore => !_isBranch && _plan.Branches.Count > 0;

    /// <summary>Adds what stands before a value.</summary>
    internal void Open(string escapedName, string quote)
    {
        _lead.Add($"{(_isFirst ? "{" : ",")}\"{escapedName}\":{quote}");
        _isFirst = false;
    }

    /// <summary>Adds a value that nobody chooses.</summary>
    internal void AddLiteral(string escaped, string quote)
    {
        _lead.AddOwn(escaped);
        _lead.Add(quote);
    }

    /// <summary>A walk over a field's options, or its kinds of evidence.</summary>
    internal ChoiceWalk Choose(PlanField field, bool isEvidence, string tail, Func<int, bool>? isOpen = null, Func<int, bool>? isForced = null)
    {
        TokenTrie.Node start;
        if (_lead.Own.Length == 0)
        {
            start = _plan.GetTrie(field, isEvidence, _lead.Common, tail).Root;
        }
        else if (_plan.GetTrie(field, isEvidence, _lead.Common, tail).ValueRoot is { } values)
        {
            _tape.Append(_tape.Tokenize(_lead.Own, _lead.Common));
            start = values;
        }
        else
        {
            start = _plan.BuildTrie((field, isEvidence, _lead.Own + _lead.Common, tail)).Root;
        }

        return new ChoiceWalk(_tape, start, isOpen ?? (static _ => true), isForced, isEvidence ? -1 : field.UnknownOption) { IsValue = true };
    }

    /// <summary>What a finished walk leaves to be written: the quote that ends the value.</summary>
    internal void Close(ChoiceWalk walk)
    {
        _lead.Clear(walk.TailBytes);
        _lead.Add("\"");
    }

    private ChoiceWalk Decide(string[] ways) =>
        new(
            _tape,
            (_lead.Own.Length > 0 ? TokenTrie.Build(_plan.Decoder, _lead.Own + _lead.Common, ways, tail: "") : _plan.GetDecision(_lead.Common, ways)).Root,
            static _ => true);

    private TextRun BeginText(PlanField field, List<string> before)
    {
        _tape.Append(_tape.Tokenize(_lead.Own, _lead.Common));
        _lead.Clear();
        return new TextRun(_plan.Decoder, _tape, _sampling, _section.Rules, field) { Tell = _draft is null ? null : written => Tell(field, before, written) };
    }

    // Decoding a text for nobody would cost the decode thread time.
    private void Tell(PlanField field, List<string> before, TextRun run)
    {
        if (_draft!.IsWatched)
        {
            _draft.Set(field.Field.IsAttribute ? null : _section.Language, field.Field.Name, string.Join(", ", [.. before, run.TextSoFar()]));
        }
    }

    private string EndText(PlanField field, TextRun run)
    {
        if (run.Rest.Length > 0)
        {
            _lead.AddOwn(run.Rest);
        }

        _lead.Add("\"");
        foreach (var flag in run.Flags)
        {
            AddFlag(field, flag);
        }

        return run.Text;
    }

    internal void AddFlag(PlanField field, string what)
    {
        var flag = $"{field.Field.Name}-{what}";
        if (!_flags.Contains(flag, StringComparer.Ordinal))
        {
            _flags.Add(flag);
        }
    }

    /// <summary>Adds a field's value.</summary>
    internal void Add(PlanField field, IReadOnlyList<string> values, Evidence evidence, double? confidence)
    {
        var isUnknown = field.Field.IsAttribute && (values.Count == 0 || (values.Count == 1 && values[0].Length == 0));
        if (!isUnknown && field.Field.IsAttribute && confidence < _plan.Profile.ConfidenceThreshold)
        {
            AddFlag(field, "low-confidence");
            isUnknown = true;
        }

        if (isUnknown)
        {
            AddUnknown(field, confidence);
            return;
        }

        _fields.Add(new CaptionField(field.Field.Name, string.Join(", ", values), confidence)
        {
            Items = field.IsList ? values : null,
            Evidence = evidence,
            Language = field.Field.IsAttribute ? null : _section.Language,
        });
        _draft?.Set(_fields[^1].Language, field.Field.Name, _fields[^1].Value);
    }

    private void AddUnknown(PlanField field, double? confidence) =>
        _fields.Add(new CaptionField(field.Field.Name, "", confidence) { Items = field.IsList ? [] : null, Evidence = Evidence.Unknown });
}
