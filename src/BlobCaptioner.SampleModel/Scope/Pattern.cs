namespace BlobCaptioner.SampleModel.Scope;

/// <summary>Patterns of drawn products, by their names in the built-in vocabulary.</summary>
internal enum Pattern
{
    Plain,
    Striped,
    Checked,
    Dotted,
}
