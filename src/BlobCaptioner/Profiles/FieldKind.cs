namespace BlobCaptioner.Profiles;

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
