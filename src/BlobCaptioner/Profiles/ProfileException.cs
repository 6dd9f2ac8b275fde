namespace BlobCaptioner.Profiles;

/// <summary>A profile, a <c>_captioner.json</c> or a <c>_catalog.csv</c> can't be used. The message has one problem a line.</summary>
public sealed class ProfileException : Exception
{
    /// <summary>Creates an exception with one problem.</summary>
    public ProfileException(string message, Exception? innerException = null)
        : base(message, innerException) => Problems = [message];

    /// <summary>Creates an exception with several problems.</summary>
    public ProfileException(IReadOnlyList<string> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>The problems, each as <c>FILE: $.fields[3].kind: 'txt' is not one of text, text-list, ...</c> or <c>FILE: line 7: ...</c>; at most 50.</summary>
    public IReadOnlyList<string> Problems { get; }
}
