using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Remote;

/// <summary>One field of a request: what a model may answer, and what the catalogue says already.</summary>
internal sealed record AskedField
{
    private static readonly string[] YesNo = ["yes", "no"];

    /// <summary>The field.</summary>
    public required ProfileField Field { get; init; }

    /// <summary>The values that may be chosen, <c>unknown</c> last where it is allowed; empty for texts and numbers.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The answers to the question where the value comes from; empty where it is not asked.</summary>
    public required IReadOnlyList<string> EvidenceOptions { get; init; }

    /// <summary>The catalogue's value; null without one.</summary>
    public required SuppliedFact? Supplied { get; init; }

    /// <summary>True where the key is in the answer: nobody supplied it, or a look at the picture can contradict what was.</summary>
    public required bool IsAsked { get; init; }

    /// <summary>The key in the answer.</summary>
    public string Key => Field.Name;

    /// <summary>The key of the question for evidence.</summary>
    public string EvidenceKey => Field.Name + "_from";

    /// <summary>True where the value is chosen from <see cref="Options"/>.</summary>
    public bool IsChosen => Field.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo;

    /// <summary>True where the value is an array.</summary>
    public bool IsList => Field.Kind is FieldKind.Choices or FieldKind.TextList;

    /// <summary>True where a model may say that it can't tell, by <c>unknown</c>, an empty text or an empty list.</summary>
    public bool MayBeUnknown => Field is { IsAttribute: true, AllowUnknown: true };

    /// <summary>Makes it, by the rules of the engine in process.</summary>
    public static AskedField Create(ProfileField field, ProductFacts facts)
    {
        string[] values = field.Kind switch
        {
            FieldKind.Choice or FieldKind.Choices => [.. field.Values],
            FieldKind.YesNo => YesNo,
            _ => [],
        };
        var supplied = field.IsAttribute && facts.Find(field.Name) is { Length: > 0 } text && text.Trim().Length > 0
            ? SuppliedFact.Read(field, [.. values.Where(v => v != PlanField.Unknown)], text)
            : null;
        var isVisible = field.IsAttribute && values.Length > 0 && field.Evidence.Contains(Evidence.Seen);
        var asksEvidence = field.IsAttribute && supplied is null && (field.Evidence.Count > 1
            || (field is { AllowUnknown: true, Evidence.Count: 1 } && field.Kind is FieldKind.Text or FieldKind.TextList or FieldKind.Number));
        return new()
        {
            Field = field,
            Options = field is { IsAttribute: true, AllowUnknown: true } && values.Length > 0 && !values.Contains(PlanField.Unknown, StringComparer.Ordinal)
                ? [.. values, PlanField.Unknown]
                : values,
            EvidenceOptions = asksEvidence ? [.. field.Evidence.Select(Word), .. field.AllowUnknown ? [PlanField.Unknown] : Array.Empty<string>()] : [],
            Supplied = supplied,
            IsAsked = supplied is not null ? isVisible && supplied.Flags.Count == 0 : !field.IsAttribute || field.Evidence.Count > 0,
        };
    }

    /// <summary>The kind of evidence that a word stands for; <see cref="Evidence.Unknown"/> for others.</summary>
    public static Evidence EvidenceOf(string word) => word switch
    {
        "seen" => Evidence.Seen,
        "read" => Evidence.Read,
        _ => Evidence.Unknown,
    };

    private static string Word(Evidence evidence) => evidence switch
    {
        Evidence.Seen => "seen",
        Evidence.Read => "read",
        _ => throw new ArgumentOutOfRangeException(nameof(evidence), evidence, "A model can only see or read."),
    };
}
