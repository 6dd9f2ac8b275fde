namespace BlobCaptioner.Captioning;

/// <summary>One field that a profile asks for.</summary>
public sealed record ProfileField
{
    /// <summary>Key in the JSON: lower-case letters, digits and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How the value comes about.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>True puts the value under <c>attributes</c> with its confidence, false under <c>copy</c>.</summary>
    public bool IsAttribute { get; init; }

    /// <summary>For <see cref="FieldKind.Text"/>: most characters (Unicode scalar values), 1 to 10,000.</summary>
    public int MaxCharacters { get; init; } = 150;

    /// <summary>For <see cref="FieldKind.Choice"/>: the allowed values, at least one, all different.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];
}
