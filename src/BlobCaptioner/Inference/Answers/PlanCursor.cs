using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Answers;

/// <summary>
/// One picture's way through a section of a <see cref="DecodingPlan"/>: says which tokens are to be decoded next and, once their logits are there,
/// goes on. Knows nothing of slots and positions.
/// </summary>
/// <remarks>
/// Whoever drives it takes <see cref="Rollback"/> tokens out of the cache, decodes <see cref="Pending"/>, and calls <see cref="Advance"/> with the logits after the
/// last of them, until <see cref="IsFinished"/>. A section without fields, or one whose every value is given, is finished at once.
/// </remarks>
internal sealed class PlanCursor
{
    private readonly AnswerTape _tape;
    private readonly SectionWriter _writer;
    private readonly IEnumerator<PlanAsk> _asks;

    /// <summary>Begins a section.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="section">Its trunk or one of its branches.</param>
    /// <param name="start"><see cref="PlanStart.Begin"/> for a trunk, the trunk's <see cref="End"/> for a branch.</param>
    /// <param name="facts">What the catalogue says.</param>
    /// <param name="sampling">How free text is sampled.</param>
    /// <param name="seed">Start of this section's random numbers.</param>
    /// <param name="sampler">The decode thread's.</param>
    /// <param name="draft">Told what is written; null for nobody.</param>
    public PlanCursor(
        DecodingPlan plan, PlanSection section, PlanStart start, ProductFacts facts, SamplingOptions sampling, ulong seed, TokenSampler sampler,
        CaptionDraft? draft = null)
    {
        _tape = new AnswerTape(plan);
        _writer = new SectionWriter(plan, section, start, facts, _tape, new AnswerSampling(sampler, sampling, seed), draft);
        _asks = _writer.Write().GetEnumerator();
        Next();
    }

    /// <summary>Tokens to be decoded before <see cref="Advance"/>; whoever decodes them clears the list.</summary>
    public List<int> Pending => _tape.Pending;

    /// <summary>Answer tokens to be taken out of the cache before <see cref="Pending"/> goes in; whoever does it sets it to 0.</summary>
    public int Rollback
    {
        get => _tape.Rollback;
        set => _tape.Rollback = value;
    }

    /// <summary>True once every field has its value.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>
    /// Once finished: where a branch goes on. What <see cref="Rollback"/> says then is to be taken out of the cache before the sequence is forked. What is
    /// <see cref="Pending"/> then is not decoded: each branch begins with it.
    /// </summary>
    public PlanStart End { get; private set; } = PlanStart.Begin;

    /// <summary>Values so far.</summary>
    public IReadOnlyList<CaptionField> Fields => _writer.Fields;

    /// <summary>Flags so far: <c>title-cut</c>.</summary>
    public IReadOnlyList<string> Flags => _writer.Flags;

    /// <summary>Tokens chosen from logits.</summary>
    public int SampledTokens => _tape.SampledTokens;

    /// <summary>Tokens of the answer: literal ones and sampled ones, those that closed a value and those taken back included.</summary>
    public int OutputTokens => _tape.OutputTokens;

    /// <summary>Chooses tokens until something is to be decoded again or the answer is finished.</summary>
    /// <param name="logits">Logits after the last pending token.</param>
    public void Advance(ReadOnlySpan<float> logits)
    {
        // A choice may need no token of its own in the cache before the next one: the same logits then serve twice.
        while (!IsFinished && Pending.Count == 0)
        {
            _asks.Current.Feed(logits);
            if (_asks.Current.IsDone)
            {
                Next();
            }

            if (_tape.IsStale && Pending.Count == 0 && !IsFinished)
            {
                _tape.Refresh();
            }
        }
    }

    private void Next()
    {
        do
        {
            IsFinished = !_asks.MoveNext();
        }
        while (!IsFinished && _asks.Current.IsDone);

        if (IsFinished)
        {
            End = _writer.End;
        }
    }
}
