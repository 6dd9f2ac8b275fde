using System.CommandLine;
using BlobCaptioner.SampleModel.Commands;

var root = new RootCommand("Draws, trains, evaluates and exports BlobCaptioner's bundled sample model.")
{
    TrainCommand.Create(), EvalCommand.Create(), DrawCommand.Create(), ExportCommand.Create(),
};
try
{
    return await root.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (FileNotFoundException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}
catch (Exception error) when (error is NotSupportedException or DllNotFoundException or TypeInitializationException)
{
    await Console.Error.WriteLineAsync(
        "libtorch did not load. It needs Linux x64 with the libstdc++ of GCC 13 or newer (GLIBCXX_3.4.32): Debian 13, Ubuntu 24.04 or later. 'draw' works without it.\n" + error.Message.Split('\n')[0]);
    return 2;
}
