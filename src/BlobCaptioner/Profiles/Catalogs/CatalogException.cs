namespace BlobCaptioner.Profiles.Catalogs;

/// <summary>A <c>_catalog.csv</c> can't be used; the message names all that is wrong, one a line, at most 50.</summary>
public sealed class CatalogException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public CatalogException()
    {
    }

    /// <summary>Creates an exception with one problem.</summary>
    public CatalogException(string message)
        : base(message) => Problems = [message];

    /// <summary>Creates an exception with one problem and its cause.</summary>
    public CatalogException(string message, Exception innerException)
        : base(message, innerException) => Problems = [message];

    /// <summary>Creates an exception with all that is wrong.</summary>
    public CatalogException(IReadOnlyList<string> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>What is wrong, each as <c>FILE: line 7: ...</c>.</summary>
    public IReadOnlyList<string> Problems { get; } = [];
}
