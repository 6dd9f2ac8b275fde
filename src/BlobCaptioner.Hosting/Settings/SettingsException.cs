namespace BlobCaptioner.Hosting.Settings;

/// <summary>A setting is missing or wrong. The message names it, its value and the way out; a host prints it and ends, without a stack trace.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Creates it.</summary>
    public SettingsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it.</summary>
    public SettingsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates it without a message.</summary>
    public SettingsException()
    {
    }
}
