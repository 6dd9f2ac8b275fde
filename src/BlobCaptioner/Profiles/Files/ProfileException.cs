namespace BlobCaptioner.Profiles.Files;

/// <summary>A profile file can't be used; the message names all that is wrong, one a line.</summary>
public sealed class ProfileException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public ProfileException()
    {
    }

    /// <summary>Creates an exception with one problem.</summary>
    public ProfileException(string message)
        : base(message) => Problems = [message];

    /// <summary>Creates an exception with one problem and its cause.</summary>
    public ProfileException(string message, Exception innerException)
        : base(message, innerException) => Problems = [message];

    /// <summary>Creates an exception with all that is wrong.</summary>
    public ProfileException(IReadOnlyList<string> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>What is wrong, each as <c>FILE: $.fields[3].kind: 'txt' is not one of text, text-list, ...</c>.</summary>
    public IReadOnlyList<string> Problems { get; } = [];
}
