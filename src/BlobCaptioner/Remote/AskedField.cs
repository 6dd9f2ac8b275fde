using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Remote;

/// <summary>One field of a request: the answers that a model may give, and the catalogue's value.</summary>
internal sealed record AskedField
{
    /// <summary>The field.</summary>
    public required ProfileField Field { get; init; }

    /// <summary>The values that may be chosen, <c>unknown</c> last where it is allowed; empty for texts and numbers.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The answers to the question for evidence; empty where it is not asked.</summary>
    public required IReadOnlyList<string> EvidenceOptions { get; init; }

    /// <summary>The catalogue's value; null without one.</summary>
    public required SuppliedFact? Supplied { get; init; }

    /// <summary>True where the key is in the answer: the value was not supplied, or a look at the picture can contradict it.</summary>
    public required bool IsAsked { get; init; }

    /// <summary>The key in the answer.</summary>
    public string Key => Field.Name;

    /// <summary>The key of the question for evidence.</summary>
    public string EvidenceKey => Field.Name + "_from";

    /// <summary>True where a model may say that it can't tell, by <c>unknown</c>, an empty text or an empty list.</summary>
    public bool MayBeUnknown => Field is { IsAttribute: true, AllowUnknown: true };

    /// <summary>Makes it, by the rules of the engine in process.</summary>
    public static AskedField Create(ProfileField field, ProductFacts facts)
    {
        var values = field.AllowedValues;
        var supplied = field.IsAttribute && facts.Find(field.Name) is { } text && !string.IsNullOrWhiteSpace(text) ? SuppliedFact.Read(field, values, text) : null;
        return new()
        {
            Field = field,
            Options = field is { IsAttribute: true, AllowUnknown: true } && values.Count > 0 && !values.Contains(ProfileField.Unknown, StringComparer.Ordinal)
                ? [.. values, ProfileField.Unknown]
                : values,
            EvidenceOptions = supplied is null ? field.EvidenceAnswers : [],
            Supplied = supplied,
            IsAsked = supplied is not null ? field.IsVisible && supplied.Flags.Count == 0 : !field.IsAttribute || field.Evidence.Count > 0,
        };
    }

    /// <summary>The kind of evidence that a word stands for; <see cref="Evidence.Unknown"/> for others.</summary>
    public static Evidence EvidenceOf(string word) => word switch
    {
        "seen" => Evidence.Seen,
        "read" => Evidence.Read,
        _ => Evidence.Unknown,
    };
}

/// <summary>The fields of one object of an answer.</summary>
internal sealed record AskedSection
{
    /// <summary>The key of the object inside the answer, a language; null where it is the answer itself.</summary>
    public required string? Key { get; init; }

    /// <summary>The language of its copy, BCP 47; null where it has attributes only.</summary>
    public required string? Language { get; init; }

    /// <summary>Its fields in their order, also those that are not asked for.</summary>
    public required IReadOnlyList<AskedField> Fields { get; init; }

    /// <summary>Rules for its texts.</summary>
    public required TextRules Rules { get; init; }

    /// <summary>The fields that are in the answer.</summary>
    public IEnumerable<AskedField> Asked => Fields.Where(f => f.IsAsked);

    /// <summary>The beginning of a flag.</summary>
    public string FlagName(AskedField field) => Key is null ? field.Key : $"{Key}.{field.Key}";
}
