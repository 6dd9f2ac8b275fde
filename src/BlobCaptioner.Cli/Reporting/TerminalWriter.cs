using System.Text;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Writes to a terminal that may be closed. Output after that is dropped, so that running work can finish. (.NET does the same for a pipe.)</summary>
internal sealed class TerminalWriter(TextWriter terminal) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => terminal.Encoding;

    /// <summary>Installs it for stdout and stderr if they are terminals.</summary>
    public static void Install()
    {
        if (!Console.IsOutputRedirected)
        {
            Console.SetOut(new TerminalWriter(Console.Out));
        }

        if (!Console.IsErrorRedirected)
        {
            Console.SetError(new TerminalWriter(Console.Error));
        }
    }

    /// <inheritdoc/>
    public override void Write(char value) => Write(value.ToString());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        try
        {
            terminal.Write(value);
        }
        catch (IOException)
        {
            // the terminal was closed
        }
    }
}
