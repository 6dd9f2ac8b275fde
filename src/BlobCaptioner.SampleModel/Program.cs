using System.CommandLine;
using BlobCaptioner.SampleModel.Commands;

var root = new RootCommand("Draws, trains, evaluates and exports BlobCaptioner's bundled sample model.")
{
    TrainCommand.Create(), EvalCommand.Create(), DrawCommand.Create(), ExportCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
