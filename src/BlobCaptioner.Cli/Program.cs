using BlobCaptioner.Cli.Commands;

return await CaptionerCommand.RunAsync(CaptionerCommand.Create(), args);
