namespace BlobCaptioner.Cli.Hosting;

/// <summary>Where the page is served, and to whom.</summary>
internal sealed record WebChoice
{
    /// <summary>The port where nobody names one; the next free one after it.</summary>
    public const int UsualPort = 7860;

    /// <summary>TCP port; 0 for any; null for the usual one.</summary>
    public required int? Port { get; init; }

    /// <summary>Address to listen at.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Host names beside loopback's.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>What visitors must show; null for nothing.</summary>
    public string? Token { get; init; }

    /// <summary>True behind the platform's sign-in.</summary>
    public bool PlatformSignIn { get; init; }
}
