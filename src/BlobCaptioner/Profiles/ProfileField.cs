using System.Text.Json.Serialization;

namespace BlobCaptioner.Profiles;

/// <summary>One field that a profile asks for.</summary>
public sealed record ProfileField
{
    /// <summary>Key in the JSON: lower-case letters, digits and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How the value comes about.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>
    /// True puts the value under <c>attributes</c> with its evidence and confidence, written once for all languages; false under <c>copy</c>, written for
    /// each language.
    /// </summary>
    public bool IsAttribute { get; init; }

    /// <summary>One line that tells the model what is wanted; empty for none.</summary>
    public string Instruction { get; init; } = "";

    /// <summary>For people: the source of a limit. Takes no part in <see cref="Profile.Version"/>.</summary>
    public string Comment { get; init; } = "";

    /// <summary>For <see cref="FieldKind.Text"/>, and each item of a <see cref="FieldKind.TextList"/>: most characters (Unicode scalar values), 1 to 10,000.</summary>
    public int MaxCharacters { get; init; } = 150;

    /// <summary>
    /// For texts: the length that is asked for and that the KV cache is reserved for, 1 to <see cref="MaxCharacters"/>; null for <see cref="MaxCharacters"/>.
    /// A longer text still fits where there is room.
    /// </summary>
    public int? AdvisedCharacters { get; init; }

    /// <summary>For lists: fewest items, 0 to <see cref="MaxItems"/>.</summary>
    public int MinItems { get; init; } = 1;

    /// <summary>For lists: most items, 1 to 100.</summary>
    public int MaxItems { get; init; } = 5;

    /// <summary>
    /// For <see cref="FieldKind.Choice"/> and <see cref="FieldKind.Choices"/>: the allowed values, at least one, all different. The leaves of a category tree are written as
    /// paths: <c>Apparel &gt; Shoes &gt; Sneakers</c>.
    /// </summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>
    /// For attributes: where a value that nobody supplied may come from, <see cref="Evidence.Seen"/> and/or <see cref="Evidence.Read"/>. Empty: it can only be supplied.
    /// With text, number or more than one kind of evidence the model is asked first for the evidence, <see cref="Evidence.Unknown"/> among the answers.
    /// </summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [Profiles.Evidence.Seen];

    /// <summary>
    /// For attributes: true lets the model answer <c>unknown</c>. Set it to false only for models that were trained on closed lists.
    /// </summary>
    public bool AllowUnknown { get; init; } = true;

    /// <summary>True where, with a <see cref="Profile.Grouping"/>, each view gets this field; the others are written once for the product.</summary>
    public bool PerView { get; init; }

    /// <summary>The answer of a model that can't tell.</summary>
    internal const string Unknown = "unknown";

    /// <summary>True where the value is chosen from a list.</summary>
    internal bool IsChosen => Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo;

    /// <summary>True where the value is an array.</summary>
    internal bool IsList => Kind is FieldKind.Choices or FieldKind.TextList;

    /// <summary>True where a look at the picture can contradict a supplied value.</summary>
    internal bool IsVisible => IsAttribute && IsChosen && Evidence.Contains(Profiles.Evidence.Seen);

    /// <summary>The values that may be chosen, without an added <c>unknown</c>; empty for texts and numbers.</summary>
    internal IReadOnlyList<string> AllowedValues => Kind == FieldKind.YesNo ? ["yes", "no"] : IsChosen ? Values : [];

    /// <summary>The answers to the question where a value comes from; empty where it is not asked.</summary>
    internal IReadOnlyList<string> EvidenceAnswers => IsAttribute && Evidence.Count > 0 && (Evidence.Count > 1 || (AllowUnknown && !IsChosen))
        ? [.. Evidence.Select(e => e == Profiles.Evidence.Read ? "read" : "seen"), .. AllowUnknown ? [Unknown] : Array.Empty<string>()]
        : [];
}

/// <summary>How a field's value comes about.</summary>
public enum FieldKind
{
    /// <summary>Free text up to a number of characters.</summary>
    Text,

    /// <summary>Several free texts, each up to a number of characters: bullets, keywords.</summary>
    TextList,

    /// <summary>Exactly one of a list of values.</summary>
    Choice,

    /// <summary>Several different ones of a list of values.</summary>
    Choices,

    /// <summary>A decimal number, digits and at most one point.</summary>
    Number,

    /// <summary><c>yes</c> or <c>no</c>.</summary>
    YesNo,
}

/// <summary>Where an attribute's value comes from.</summary>
public enum Evidence
{
    /// <summary>Nobody knows: not to be seen, not readable, not supplied, or not sure enough.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>The model sees it.</summary>
    [JsonStringEnumMemberName("seen")]
    Seen,

    /// <summary>It stands on the product or its label, as text.</summary>
    [JsonStringEnumMemberName("read")]
    Read,

    /// <summary>The shop's catalogue says so (<c>_catalog.csv</c>).</summary>
    [JsonStringEnumMemberName("supplied")]
    Supplied,
}
