namespace BlobCaptioner.Captioning;

/// <summary>How a field's value comes about.</summary>
public enum FieldKind
{
    /// <summary>Free text up to a number of characters.</summary>
    Text,

    /// <summary>Exactly one of a list of values.</summary>
    Choice,
}
