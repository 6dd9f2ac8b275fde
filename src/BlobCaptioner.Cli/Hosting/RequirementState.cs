namespace BlobCaptioner.Cli.Hosting;

/// <summary>Whether something is there.</summary>
public enum RequirementState
{
    /// <summary>It is there.</summary>
    Ok,

    /// <summary>It is not, and the program sets it up by itself when it is first needed.</summary>
    LaterByItself,

    /// <summary>It is missing or wrong, and the program does not work without it.</summary>
    Missing,
}
