using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Remote;

/// <summary>The fields of one object of an answer.</summary>
internal sealed record AnswerSection
{
    /// <summary>The key of the object inside the answer, a language; null where it is the answer itself.</summary>
    public required string? Key { get; init; }

    /// <summary>The language of its copy, BCP 47; null where it has attributes only.</summary>
    public required string? Language { get; init; }

    /// <summary>Its fields in their order, also those that are not asked for.</summary>
    public required IReadOnlyList<AskedField> Fields { get; init; }

    /// <summary>What its texts must be like.</summary>
    public required TextRules Rules { get; init; }

    /// <summary>The fields that are in the answer.</summary>
    public IEnumerable<AskedField> Asked => Fields.Where(f => f.IsAsked);

    /// <summary>What a flag begins with.</summary>
    public string FlagName(AskedField field) => Key is null ? field.Key : $"{Key}.{field.Key}";
}
