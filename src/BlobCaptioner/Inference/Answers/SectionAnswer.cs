using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Answers;

/// <summary>A place in an answer where logits decide.</summary>
internal abstract class Decision
{
    /// <summary>True once nothing more is to be decided here.</summary>
    public bool IsDone { get; protected set; }

    /// <summary>Decides one token, or that the end is reached. Not to be called once <see cref="IsDone"/>.</summary>
    /// <param name="logits">Logits after the last token of the tape.</param>
    public abstract void Feed(ReadOnlySpan<float> logits);
}

/// <summary>
/// One section of one picture's answer: writes its fields one after the other and stops wherever logits decide. Knows nothing of slots and positions.
/// </summary>
/// <remarks>
/// The caller takes <see cref="AnswerTape.Rollback"/> tokens out of the cache, decodes <see cref="AnswerTape.Pending"/>, and calls <see cref="Advance"/> with the logits after
/// the last of them, until <see cref="IsFinished"/>. A section without fields, or one whose every value is given, is finished at once.
/// </remarks>
internal sealed class SectionAnswer
{
    private readonly DecodingPlan _plan;
    private readonly ProductFacts _facts;
    private readonly AnswerSampling _sampling;
    private readonly IEnumerator<Decision> _decisions;

    /// <summary>Begins a section.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="section">Its trunk or one of its branches.</param>
    /// <param name="start"><see cref="AnswerStart.Begin"/> for a trunk, the trunk's <see cref="End"/> for a branch.</param>
    /// <param name="request">Its facts, sampling and draft count here.</param>
    /// <param name="seed">Start of this section's random numbers.</param>
    /// <param name="sampler">The decode thread's.</param>
    public SectionAnswer(DecodingPlan plan, PlanSection section, AnswerStart start, CaptionRequest request, ulong seed, TokenSampler sampler)
    {
        (_plan, Section, _facts) = (plan, section, request.Facts);
        _sampling = new AnswerSampling(sampler, request.Profile.Sampling, seed);
        Tape = new AnswerTape(plan, start);
        Values = new AnswerValues(section.Language, plan.Profile.ConfidenceThreshold, request.Draft);
        _decisions = Write().GetEnumerator();
        Next();
    }

    public PlanSection Section { get; }

    /// <summary>Its tokens, and what is to change in the cache.</summary>
    public AnswerTape Tape { get; }

    /// <summary>Its values and flags so far.</summary>
    public AnswerValues Values { get; }

    /// <summary>True once every field has its value.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>
    /// Once finished: where a branch goes on. The caller takes <see cref="AnswerTape.Rollback"/> tokens out of the cache before it forks the sequence. It does not decode
    /// <see cref="AnswerTape.Pending"/>: each branch begins with those tokens.
    /// </summary>
    public AnswerStart End { get; private set; } = AnswerStart.Begin;

    private bool IsBranch => !ReferenceEquals(Section, _plan.Trunk);

    /// <summary>Chooses tokens until something is to be decoded again or the section is finished.</summary>
    /// <param name="logits">Logits after the last pending token.</param>
    public void Advance(ReadOnlySpan<float> logits)
    {
        // A choice may add no token. The same logits then serve the next one too.
        while (!IsFinished && Tape.Pending.Count == 0)
        {
            _decisions.Current.Feed(logits);
            if (_decisions.Current.IsDone)
            {
                Next();
            }

            if (Tape.IsStale && Tape.Pending.Count == 0 && !IsFinished)
            {
                Tape.Refresh();
            }
        }
    }

    private void Next()
    {
        do
        {
            IsFinished = !_decisions.MoveNext();
        }
        while (!IsFinished && _decisions.Current.IsDone);

        if (IsFinished)
        {
            End = Tape.End;
        }
    }

    /// <summary>Writes the section. The caller moves on once the decision that it was given is done.</summary>
    private IEnumerable<Decision> Write()
    {
        if (IsBranch && Section.Fields.Count > 0)
        {
            Tape.OpenLanguage(Section.Language!);
        }

        for (var i = 0; i < Section.Fields.Count; i++)
        {
            // Languages surely follow a trunk.
            var isEnd = i == Section.Fields.Count - 1 && (IsBranch || _plan.Branches.Count == 0);
            foreach (var decision in Write(Section.Fields[i], isEnd))
            {
                yield return decision;
            }
        }
    }

    private IEnumerable<Decision> Write(PlanField field, bool isEnd)
    {
        if (field.Field.IsAttribute && _facts.Find(field.Field.Name) is { Length: > 0 } supplied)
        {
            return WriteSupplied(field, supplied);
        }

        if (field.Field is { IsAttribute: true, Evidence.Count: 0 })
        {
            Values.AddUnknown(field, confidence: null);
            return [];
        }

        return WriteAsked(field, isEnd);
    }

    /// <summary>A supplied value stands as it is. Where the model can see the attribute, its own view is read from the logits, and a contradiction flagged.</summary>
    private IEnumerable<Decision> WriteSupplied(PlanField field, string supplied)
    {
        var fact = SuppliedFact.Read(field.Field, field.Options, supplied);
        foreach (var flag in fact.Flags)
        {
            Values.AddFlag(field, flag);
        }

        var options = Enumerable.Range(0, field.Options.Count).Where(i => i != field.UnknownOption && fact.Values.Contains(field.Options[i], StringComparer.Ordinal)).ToHashSet();
        if (field.Field.IsVisible && options.Any(i => field.Options[i] == fact.Values[0]))
        {
            // Any of the supplied values may come first: a model that sees another of them contradicts nothing.
            Tape.Open(field.EscapedName, field.Field.IsList ? "[\"" : "\"");
            var walk = Tape.Choose(field, isEvidence: false, "\"", isForced: options.Contains);
            yield return walk;
            Tape.Close(walk);
            if (walk.IsConflict)
            {
                Values.AddFlag(field, "conflict");
            }

            if (field.Field.IsList)
            {
                Tape.AddOwn(string.Concat(fact.Values.Where(v => v != field.Options[walk.Option]).Select(v => $",\"{DecodingPlan.Escape(v)}\"")));
                Tape.Add("]");
            }
        }
        else
        {
            Tape.Open(field.EscapedName, field.Field.IsList ? "[" : "");
            Tape.AddOwn(string.Join(',', fact.Values.Select(v => $"\"{DecodingPlan.Escape(v)}\"")));
            Tape.Add(field.Field.IsList ? "]" : "");
        }

        Values.Add(field, fact.Values, Evidence.Supplied, confidence: null);
    }

    private IEnumerable<Decision> WriteAsked(PlanField field, bool isEnd)
    {
        var evidence = field.Field.Evidence.Count > 0 ? field.Field.Evidence[0] : Evidence.Seen;
        var confidence = 1.0;
        if (field.EvidenceOptions.Count > 0)
        {
            // Something follows every answer, except where the last value is left out.
            Tape.Open(field.EscapedName + "_from", "\"");
            var question = Tape.Choose(field, isEvidence: true, isEnd ? "\"" : "\",\"");
            yield return question;
            Tape.Close(question);
            confidence = question.Confidence;
            if (field.EvidenceOptions[question.Option] == ProfileField.Unknown)
            {
                Values.AddUnknown(field, confidence);
                yield break;
            }

            evidence = field.Field.Evidence[question.Option];
        }

        var values = new List<string>();
        foreach (var decision in field.Field.IsList ? WriteList(field, isEnd, values) : WriteOne(field, isEnd, values))
        {
            yield return decision;
            confidence *= ConfidenceOf(decision, field);
        }

        Values.Add(field, values, evidence, field.Field.IsAttribute || field.Field.IsChosen ? confidence : null);
    }

    // Whether another item follows says nothing about the value.
    private static double ConfidenceOf(Decision decision, PlanField field) => decision switch
    {
        ChoiceWalk { IsValue: true } walk => walk.Confidence,
        TextRun run when field.Field.IsAttribute => run.Confidence,
        _ => 1,
    };

    private IEnumerable<Decision> WriteOne(PlanField field, bool isEnd, List<string> values)
    {
        Tape.Open(field.EscapedName, "\"");
        if (field.Field.IsChosen)
        {
            var walk = Tape.Choose(field, isEvidence: false, isEnd ? "\"}" : "\",\"");
            yield return walk;
            Tape.Close(walk);
            values.Add(walk.Option == field.UnknownOption ? "" : field.Options[walk.Option]);
        }
        else
        {
            var run = BeginText(field, values);
            yield return run;
            values.Add(EndText(field, run));
        }
    }

    private IEnumerable<Decision> WriteList(PlanField field, bool isEnd, List<string> values)
    {
        Tape.Open(field.EscapedName, "[");
        if (field.Field.MinItems == 0)
        {
            var any = Tape.Decide(["\"", "]"]);
            yield return any;
            Tape.ClearLead();
            if (any.Option == 1)
            {
                yield break;
            }
        }
        else
        {
            Tape.Add("\"");
        }

        var taken = new HashSet<int>();
        for (var items = 1; ; items++)
        {
            if (field.Field.IsChosen)
            {
                // Unknown is an answer only where nothing else is.
                var walk = Tape.Choose(field, isEvidence: false, "\"", v => !taken.Contains(v) && (items == 1 || v != field.UnknownOption));
                yield return walk;
                Tape.Close(walk);
                taken.Add(walk.Option);
                if (walk.Option == field.UnknownOption)
                {
                    Tape.Add("]");
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

            var isFull = items == field.Field.MaxItems || (field.Field.IsChosen && taken.Count >= field.Options.Count - (field.UnknownOption >= 0 ? 1 : 0));
            if (isFull)
            {
                Tape.Add("]");
                yield break;
            }

            if (items < field.Field.MinItems)
            {
                Tape.Add(",\"");
                continue;
            }

            var more = Tape.Decide([",\"", isEnd ? "]}" : "],\""]);
            yield return more;
            if (more.Option == 1)
            {
                // The bracket is in the cache, and with it what comes next, as far as it was part of the option.
                Tape.ClearLead(isEnd ? 0 : 2);
                yield break;
            }

            Tape.ClearLead();
        }
    }

    private TextRun BeginText(PlanField field, List<string> before)
    {
        Tape.AppendLead();
        return new TextRun(_plan.Decoder, Tape, _sampling, Section.Rules, field) { Written = run => Values.Watch(field, before, run) };
    }

    private string EndText(PlanField field, TextRun run)
    {
        if (run.Rest.Length > 0)
        {
            Tape.AddOwn(run.Rest);
        }

        Tape.Add("\"");
        foreach (var flag in run.Flags)
        {
            Values.AddFlag(field, flag);
        }

        return run.Text;
    }
}
